"""What is asked of the person: each question is a dock above the composer, in the same screen as the chat."""
