#!/usr/bin/env python3
"""A bot of kind "command": one message as JSON on standard input, the answer as Markdown on standard output."""
import json
import sys

message = json.load(sys.stdin)
words = message["text"].split()
print(f"Dear {message['sender'].get('name', message['sender']['address'])},\n")
print(f"you wrote **{len(words)} words** about *{message['metadata']['email_subject']}*.")
