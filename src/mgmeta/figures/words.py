"""Numbers as text, for figures: the functions of :mod:`mgmeta.words`."""

from __future__ import annotations

from mgmeta.words import DIGITS as DIGITS
from mgmeta.words import MINUS as MINUS
from mgmeta.words import MISSING as MISSING
from mgmeta.words import capital as capital
from mgmeta.words import count as count
from mgmeta.words import fixed as fixed
from mgmeta.words import integer as integer
from mgmeta.words import interval as interval
from mgmeta.words import level as level
from mgmeta.words import listing as listing
from mgmeta.words import p_value as p_value
from mgmeta.words import percent as percent
from mgmeta.words import plain as plain
from mgmeta.words import signed as signed
from mgmeta.words import with_interval as with_interval
