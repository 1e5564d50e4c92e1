"""What models bring along from other systems: names of tools and of arguments, with what stands for each here."""

from __future__ import annotations

from typing import Final

_SHELL: Final = (
    "bash cmd exec execute_bash execute_command exec_command local_shell powershell run run_bash run_in_terminal "
    "run_shell run_shell_command run_terminal_cmd shell sh terminal container.exec"
)
_ELSEWHERE: Final = {
    "execute": _SHELL,
    "read_file": "cat fs_read open_file open read read_text_file view view_file str_replace_based_edit_tool",
    "write_file": "create create_file fs_write new_file save_file write write_to_file",
    "edit_file": "apply_diff apply_patch edit insert_edit_into_file multiedit replace replace_in_file str_replace "
    "str_replace_editor search_replace update_file",
    "find": "codebase_search grep grep_search rg search search_file_content search_files",
    "glob": "file_search find_by_name find_files glob glob_file_search glob_search",
    "list": "list_dir list_directory list_files ls",
    "ask_user": "ask ask_followup_question ask_question",
    "done": "attempt_completion complete finish final_answer submit task_complete",
    "python": "code_interpreter execute_ipython ipython jupyter python run_python",
}
ELSEWHERE: Final = {name: ours for ours, names in _ELSEWHERE.items() for name in names.split()}
"""Tools that models know from elsewhere and reach for, with what stands for each here."""

SYNONYMS: Final = {
    "path": "file file_path filepath filename file_name target_file absolute_path abs_path relative_path TargetFile",
    "session_id": "session terminal terminal_id",
    "command": "cmd commands script shell_command CommandLine code",
    "pattern": "query regex search_pattern search_term q",
    "text": "input keys data",
    "question": "message prompt",
    "summary": "result message answer text output",
}
POSITIONS: Final = {
    "edit_file": ("path", "old_str", "new_str"),
    "write_file": ("path", "content"),
}
"""What the arguments without a name are in other systems' tools that stand for these."""
EDITORS: Final = ("str_replace_based_edit_tool", "str_replace_editor")
"""Tools that are told in `command` what to do."""
EDITOR_COMMANDS: Final = {
    "view": "read_file",
    "create": "write_file",
    "str_replace": "edit_file",
    "insert": "edit_file",
}
CONTENT: Final = (
    *("content", "contents", "text", "data", "payload", "file_text", "new_content", "body", "code"),
    *("code_edit", "source", "file_content"),
)
OLD: Final = ("old_str", "old_string", "old_text", "old", "search", "find", "original", "target")
NEW: Final = ("new_str", "new_string", "new_text", "new", "replace", "replacement", "updated")
PLACEHOLDERS: Final = {
    "path": "src/app.py",
    "session_id": "main",
    "command": "ls",
    "pattern": "TODO",
    "question": "Which of the two?",
    "summary": "What was done, and how it was checked.",
    "message": "What I have found so far.",
}
