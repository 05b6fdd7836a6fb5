"""What is wrong with YAML, for people."""

import yaml
from django.utils.translation import gettext as _


def fault_of(error: yaml.YAMLError) -> str:
    """What is wrong with YAML in one line, with the number of the line where it says one."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return _("line %(line)d: %(problem)s") % {"line": error.problem_mark.line + 1, "problem": error.problem}
    return " ".join(str(error).split())
