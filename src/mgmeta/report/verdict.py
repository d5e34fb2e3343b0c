"""The verdict on a reproduction, as the report uses it: the rule of :mod:`mgmeta.reproduce.verdict`."""

from __future__ import annotations

from mgmeta.reproduce.verdict import CONSISTENT as CONSISTENT
from mgmeta.reproduce.verdict import INCONSISTENT as INCONSISTENT
from mgmeta.reproduce.verdict import MAX_DIFFERENCE as MAX_DIFFERENCE
from mgmeta.reproduce.verdict import MAX_HALF_WIDTH as MAX_HALF_WIDTH
from mgmeta.reproduce.verdict import MIN_SHARE_OF_TRIALS as MIN_SHARE_OF_TRIALS
from mgmeta.reproduce.verdict import NOT_TESTABLE as NOT_TESTABLE
from mgmeta.reproduce.verdict import REPRODUCED as REPRODUCED
from mgmeta.reproduce.verdict import VERDICTS as VERDICTS
from mgmeta.reproduce.verdict import Verdict as Verdict
from mgmeta.reproduce.verdict import judge as judge
