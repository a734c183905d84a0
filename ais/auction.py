"""Who follows whom, so that all together cost about the least: Bertsekas' auction, on arrays."""

from __future__ import annotations

import numpy as np

from ais.motion import Floats, Ints

RAISE = 0.2  # least raise of a bid; the whole is dearer than the least by at most this for each


def followed(cost: Floats, before: Ints, alone: float) -> Ints:
    """Return which one each follows (itself if none), each being followed by one at most.

    Who follows none yet bids for the candidate that is worth most to it, over the next best; a price rises with each
    bid and never falls, so all come to rest. Bids of one round are all made at once: those of one ship do not depend
    on which other ships there are.

    Args:
        cost: Of following each candidate, infinite where it cannot, shape (candidates, n).
        before: The candidates, shape (candidates, n).
        alone: Cost of following none.
    """
    n = cost.shape[1]
    price, owner, chosen = np.zeros(n), np.full(n, -1), np.arange(n)
    top, first = np.empty(n), np.empty(n, np.int64)
    bidders = np.flatnonzero(cost.min(axis=0, initial=np.inf) < alone)
    while len(bidders):
        each = np.arange(len(bidders))
        offers = cost[:, bidders] + price[before[:, bidders]]
        pick = np.argmin(offers, axis=0)
        best = offers[pick, each]
        offers[pick, each] = alone
        raised = offers.min(axis=0) - best + RAISE
        bids = best < alone
        chosen[bidders[~bids]] = bidders[~bids]
        bidders, wanted = bidders[bids], before[pick, bidders][bids]
        offered = price[wanted] + raised[bids]
        top[wanted], first[wanted] = -np.inf, n
        np.maximum.at(top, wanted, offered)
        leads = offered == top[wanted]
        np.minimum.at(first, wanted[leads], bidders[leads])  # of equal bids the earlier
        won = first[wanted] == bidders
        lost, evicted = bidders[~won], owner[wanted[won]]
        bidders, wanted, offered = bidders[won], wanted[won], offered[won]
        owner[wanted], price[wanted], chosen[bidders] = bidders, offered, wanted
        bidders = np.concatenate([lost, evicted[evicted >= 0]])
    return chosen


def roots(before: Ints) -> Ints:
    """Return where each chain begins, given what each one follows (itself at the beginning)."""
    while True:
        further = before[before]
        if np.array_equal(further, before):
            return before
        before = further
