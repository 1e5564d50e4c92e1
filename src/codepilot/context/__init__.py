"""What of a conversation the model sees: how much there is room for, what is left out, and what stands for it. Pure."""
