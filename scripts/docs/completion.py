# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion for bash of the programs' commands, options and choices, from what they say with
--help. A word that is none of these is completed to a file's name."""

import re

HEAD = '''# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion of {program}, made from its --help by gr-udeepsc's scripts/docs/completion.py
'''

SCRIPT = '''
{function}()
{{
    local word command='' options='' choices=''
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "${{command:+$command }}$word" in
{commands}        esac
    done
    case "$command" in
{options}    esac
    case "$command $previous" in
{choices}    esac
    COMPREPLY=()
    if [ -n "$choices" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
    elif [[ $current == -* || -n $options && $options != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    fi
}}
complete -o bashdefault -o default -F {function} {program}
'''


def options_of(help_text):
    return [name for names, _, _ in help_text.options() for name in names if name.startswith('--')]


def choices_of(help_text):
    """(option, its choices): {a,b} or TEXT:{a,b}."""
    for names, rest, _ in help_text.options():
        found = re.search(r'\{([^}]*)\}', rest)
        if found:
            yield names[-1], found[1].split(',')


def cases(rows, indent):
    return ''.join(f"{' ' * indent}{pattern}) {action} ;;\n" for pattern, action in rows)


def completion(program, helps):
    """The script for a program; helps: {command: Help}, '' being the program's own."""
    commands = [command for command in helps if command]
    words = {command: helps[command].commands() + options_of(helps[command]) for command in helps}
    return HEAD.format(program=program) + SCRIPT.format(
        program=program, function='_' + program.replace('-', '_'),
        commands=cases([(quoted(c), f'command={quoted(c)}') for c in commands], 8),
        options=cases([(quoted(c), f'options={quoted(" ".join(words[c]))}') for c in words], 4),
        choices=cases([(quoted(f'{c} {option}'), f'choices={quoted(" ".join(values))}')
                       for c in helps for option, values in choices_of(helps[c])], 4))


def quoted(text):
    return f"'{text}'"
