"""The keys of all measures as plain data: apart, so that a help text needs no measure."""

from __future__ import annotations

KEYS: dict[str, str] = {
    "version": "version of the stored data",
    "date": "day of the residents' count",
    "question": "service, mode, minutes, group, decay (name and its figures), unit (code) and "
    "its name, as asked",
    "notes": "what was assumed or left out, as English sentences",
    "summary": "people in all, covered, share (0 to 1), minutes of the median person and of the "
    "90th in 100, people who reach none, number of facilities",
    "within": "people within 5, 10, 15, 30 and 60 minutes by group, and the totals",
    "curve": "share of people within 0, 1, ... 60 minutes, by group",
    "villages": "every village: people, uncovered and unreached people, mean and farthest "
    "minutes, the facility that most have nearest",
    "facilities": "every facility of the service: supply, people nearest and within the limit, "
    "load (people led to it over its supply), supply for 1,000 people within its reach",
    "scores": "access of the mean person by method, with title and unit",
    "equity": "Gini, Theil (between and within townships), Palma, concentration (by density), "
    "FGT 0, 1, 2 of minutes, Lorenz curve at each hundredth, townships",
    "equity_minutes": "the same by minutes to the nearest facility; who reaches none is left out",
    "causes": "people by cause: covered, too far, full, no road, cut off, no facility, no place",
    "capacity": "people who find room within the limit, left over, unused room, load by facility",
    "supply": "weak villages, redundant facilities, people who hang on one place",
    "referral": "minutes from home to village clinic, on to health centre, on to hospital",
    "sensitivity": "covered share at other limits, and with roads 20 % slower and faster",
    "standards": "standards of this service: value, light, people missing, source",
    "cells": "every cell: code, people, minutes, nearest facility, nearest_k (up to three with "
    "their minutes) and mean_k (of three; null where fewer are reached), dual_minutes (until two "
    "are reached), loss (minutes more when the nearest closes), served and left_over people of the "
    "best use of room, covered, cause, scores by method",
}
"""What ``coverage_json.everything`` holds, key by key."""
