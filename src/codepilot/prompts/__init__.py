"""The system prompt: its parts are the `.md` files beside this module, put together by `system_prompt`."""

from codepilot.prompts.assemble import estimate_tokens, system_prompt

__all__ = ["estimate_tokens", "system_prompt"]
