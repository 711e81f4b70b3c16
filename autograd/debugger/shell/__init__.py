"""The shell: pdb's commands for a backward pass, and gdb's for going back.

    shell           opening, leaving, and the tables of all commands and their short forms
    run_commands    the commands that move and stop
    look_commands   the commands that look, run Python, and change leaves
    arguments       reading and completing the words after a command
    conversation    reading lines, abbreviations, repetition, help, the transcript: whatever the commands are

To add a command, write a method `do_name` in `run_commands` or `look_commands`, a few words around a method of the
session, and put `name` into a group of `Shell.groups` ("Moving", "Looking", ...), under which `help` lists it. The
first line of the method's docstring is its usage, the rest what `help name` says. Abbreviation and completion follow;
a short form is an entry of `Shell.aliases`. The editor's Debug Console understands the command at once. What it does
belongs to the session's parts (`cursor`, `stops`, `looking`), what it says to a report in `reports` or `findings`.
"""
