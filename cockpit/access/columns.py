"""The class of every stored column, in one place; what is not here is 秘密."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.sql.elements import ClauseElement

from cockpit.access.classes import CLASSES, highest

_OPEN, _INNER, _SENSITIVE, _SECRET = CLASSES

# A column that is 公开 here takes the class of its row's data set: the higher one wins. So what
# files bring is 公开 by its column wherever the column says nothing of a single person.
_DECLARED: Mapping[str, Mapping[str, str]] = {
    # the catalogue
    "meta": {_INNER: "key value"},
    "dataset": {
        _OPEN: "id title title_en kind department data_class licence as_of refresh_days position",
        _INNER: "owner purpose",
    },
    "batch": {
        _OPEN: "id dataset_id version current rows_read rows_stored rows_bad loaded_at sha256",
        _INNER: "source entry matches uploaded encoding quality",
    },
    "quality_issue": {
        _INNER: "id batch_id dataset_id file row column rule dimension severity expected "
        "region_code geometry area_m2 status",
        _SENSITIVE: "found values text",
    },
    "conflict": {
        _INNER: "id check_id kind column left_row right_row left_dataset right_dataset status",
        _SENSITIVE: "key left_value right_value",
    },
    # what files bring
    "region": {
        _OPEN: "code level parent_code path position name name_en pinyin made is_leaf geometry "
        "lon lat area_km2 elevation_m batch_id source_row"
    },
    "population": {
        _OPEN: "id batch_id region_code date kind sex age_band persons moved source_row"
    },
    "household": {_OPEN: "id region_code date type households moved batch_id source_row"},
    "vulnerable": {
        _OPEN: "id region_code date group moved batch_id source_row",
        _SENSITIVE: "persons",
    },
    "building": {
        _OPEN: "id region_code use levels footprint_m2 dwellings lon lat batch_id source_row"
    },
    "organisation": {_OPEN: "code name kind building_id region_code employees batch_id source_row"},
    "person": {
        _INNER: "dataset_id batch_id source_row",
        _SENSITIVE: "key masked name_key sex birth region_code building_id household status",
    },
    "tag": {_INNER: "id pool title title_en rule"},
    "facility": {
        _OPEN: "id dataset_id region_code name kind capacity staff referral_level "
        "organisation_code open_from open_to lon lat batch_id source_row"
    },
    "road_node": {_OPEN: "id lon lat elevation_m batch_id source_row"},
    "road_edge": {
        _OPEN: "id u v road_class name oneway maxspeed_kmh surface access bridge closed length_m "
        "geometry batch_id source_row"
    },
    "feature": {_OPEN: "id dataset_id layer key name kind geometry batch_id source_row"},
    "event": {
        _OPEN: "dataset_id channel category batch_id source_row delivery",
        _INNER: "id region_code building_id lon lat reported closed status",
        _SENSITIVE: "text",
    },
    "sensor": {_OPEN: "id kind unit lon lat region_code batch_id source_row"},
    "reading": {_OPEN: "sensor_id time value batch_id"},
    "raster": {_OPEN: "dataset_id kind batch_id source_row", _INNER: "file"},
    # plans: each row has the class of what it was made from beside it
    "scenario": {
        _INNER: "id name version author note saved_at data_version county question rules layout "
        "model parameters certificate figures data_class digest archived"
    },
    "run": {
        _INNER: "key ended_at data_version county question rules model parameters objective bound "
        "gap seconds certificate data_class"
    },
    # live feeds and alerts
    "feed_source": {
        _INNER: "id title kind dataset_id batch_id created disabled",
        _SECRET: "token_hash",
    },
    "feed_delivery": {_INNER: "seq source_id received n_new n_known n_refused since"},
    "feed_refusal": {_INNER: "id delivery position row_id template", _SENSITIVE: "detail"},
    "alert_rule": {_INNER: "id title title_en subject settings enabled changed changed_by"},
    "alert": {_INNER: "id rule_id kind subject region_code lon lat opened level state closed"},
    "alert_entry": {_INNER: "seq alert_id at written who action level detail previous hash"},
    "alert_state": {_INNER: "rule_id subject at level state"},
    # people of the offices
    "account": {
        _INNER: "id display roles clearance territory demo created created_by password_changed "
        "last_sign_in disabled",
        _SENSITIVE: "subject",
        _SECRET: "password_hash",
    },
    "visitor_session": {
        _INNER: "id account_id created last_seen expires revoked",
        _SENSITIVE: "address agent purpose",
        _SECRET: "cookie_hash",
    },
    "sign_in_attempt": {_INNER: "id at", _SENSITIVE: "address"},
    "sign_in_lock": {_INNER: "failures last_failed locked_until", _SENSITIVE: "name_hash"},
    "first_code": {_INNER: "created expires used", _SECRET: "code_hash"},
    # the trail, and what keeps secrets
    "audit_entry": {
        _INNER: "seq at who account roles act subject data_class previous hash",
        _SENSITIVE: "session_id payload",
    },
    "audit_checkpoint": {_INNER: "size body signature peaks"},
    "audit_head": {_INNER: "id seq hash"},
    "retention_rule": {_INNER: "subject keep_days keep_until note changed changed_by"},
    "tombstone": {_INNER: "id subject body files_gone"},
    "seal_key": {_INNER: "id cipher state check created ended"},
    # public figures: a draft is not public, what is published says so in its state
    "release": {
        _OPEN: "id series version state county title title_en kind partition classes levels "
        "not_offered epsilon epsilon_by_level unit data_version as_of licence note digest "
        "published ended end_note",
        _INNER: "source_class reason made made_by published_by ended_by",
    },
    "release_change": {_OPEN: "release_id position template detail"},
    "release_figure": {_OPEN: "release_id code class_id count"},
    "release_margin": {_OPEN: "release_id level class_id margin"},
    "release_place": {_OPEN: "release_id code position level parent name name_en"},
    # what screens follow, and briefings: each issue has the class of its parts beside it
    "wall": {_INNER: "id seq selection scene changed who"},
    "briefing": {_INNER: "id county kind as_of data_class made who data_version figures digest"},
    "privacy_spend": {_OPEN: "seq county year millionths release_id at", _INNER: "who"},
}

COLUMNS: Mapping[tuple[str, str], str] = {
    (table, column): data_class
    for table, classes in _DECLARED.items()
    for data_class, columns in classes.items()
    for column in columns.split()
}
"""(table, column) to class."""


def class_of(table: str, column: str) -> str:
    """Return the class of a column; one that nobody has declared is 秘密."""
    return COLUMNS.get((table, column), _SECRET)


def class_of_columns(columns: Iterable[tuple[str, str]], datasets: Iterable[str] = ()) -> str:
    """
    Return the class of what is made of columns: a join, a sum, a map, a file.

    Parameters
    ----------
    columns
        (table, column) of every part, those of conditions among them: a filter tells of what it
        filters by.
    datasets
        Classes of the data sets of the rows (``dataset.data_class``). The higher one of column and
        data set wins.

    Returns
    -------
    str
        The highest of all parts; of no part 公开.
    """
    return highest((*(class_of(*one) for one in columns), *datasets))


def columns_of(statement: ClauseElement) -> frozenset[tuple[str, str]]:
    """Return the stored columns that a query reads, in what it selects and in its conditions."""
    return frozenset(
        (one.table.name, one.name)
        for one in _parts(statement)
        if isinstance(one, Column) and isinstance(one.table, Table)
    )


def _parts(statement: ClauseElement) -> Iterable[Any]:
    """Yield the parts of a query; of a table only the columns that the query names."""
    waiting: list[Any] = [statement]
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, Table):
            waiting += one.get_children()


def class_of_query(statement: ClauseElement, datasets: Iterable[str] = ()) -> str:
    """Return the class of what a query answers: the highest of all columns that it reads."""
    return class_of_columns(columns_of(statement), datasets)
