"""The icon tag: one symbol of the sprite in static/icons."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw the icon `name` of static/icons/sprite.svg, silent to a screen reader: a word stands beside it."""
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons/sprite.svg"), name)
