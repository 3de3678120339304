"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column(
            "data_class", sa.String(length=4), nullable=False, comment="公开, 备用, 敏感, 秘密"
        ),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True, comment="date the data speak of"),
        sa.Column(
            "refresh_days", sa.Integer(), nullable=True, comment="expected days between deliveries"
        ),
        sa.Column("position", sa.Integer(), nullable=False, comment="order in the manifest"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column(
            "pool",
            sa.String(length=16),
            nullable=False,
            comment="person, building, event, organisation",
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column(
            "rule",
            sa.JSON(),
            nullable=False,
            comment="list of [column, operator, value], all must hold",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, ... within the data set"),
        sa.Column("current", sa.Boolean(), nullable=False, comment="its rows are those in use"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="file name or database address without password",
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the file's bytes"),
        sa.Column("entry", sa.JSON(), nullable=False, comment="manifest entry as used"),
        sa.Column(
            "matches", sa.JSON(), nullable=False, comment="standard column to header of the file"
        ),
        sa.Column(
            "uploaded",
            sa.Boolean(),
            nullable=False,
            comment="came through the page; its file is kept in the data folder",
        ),
        sa.Column("encoding", sa.String(length=32), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False, comment="rows in the source"),
        sa.Column(
            "rows_stored",
            sa.Integer(),
            nullable=False,
            comment="rows of the source that were stored",
        ),
        sa.Column(
            "rows_bad", sa.Integer(), nullable=False, comment="rows with an error, not stored"
        ),
        sa.Column(
            "quality",
            sa.JSON(),
            nullable=False,
            comment="scores by dimension, field and in all, 0 to 1",
        ),
        sa.Column("loaded_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_batch_dataset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_dataset_id"), ["dataset_id"], unique=False)

    op.create_table(
        "conflict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("check_id", sa.String(length=48), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="value, only_left, only_right, near",
        ),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="masked key of the person or thing"
        ),
        sa.Column("column", sa.String(length=48), nullable=False),
        sa.Column("left_value", sa.Text(), nullable=False),
        sa.Column("right_value", sa.Text(), nullable=False),
        sa.Column("left_row", sa.Integer(), nullable=True),
        sa.Column("right_row", sa.Integer(), nullable=True),
        sa.Column("left_dataset", sa.String(length=48), nullable=False),
        sa.Column("right_dataset", sa.String(length=48), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["left_dataset"], ["dataset.id"], name=op.f("fk_conflict_left_dataset")
        ),
        sa.ForeignKeyConstraint(
            ["right_dataset"], ["dataset.id"], name=op.f("fk_conflict_right_dataset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_check_id"), ["check_id"], unique=False)

    op.create_table(
        "feature",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column("layer", sa.String(length=48), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("geometry", sa.LargeBinary(), nullable=False, comment="WKB, EPSG:4326"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_feature_batch_id")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_feature_dataset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature")),
    )
    with op.batch_alter_table("feature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feature_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feature_dataset_id"), ["dataset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feature_layer"), ["layer"], unique=False)

    op.create_table(
        "quality_issue",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column(
            "row", sa.Integer(), nullable=True, comment="data row, 1 is the first below the header"
        ),
        sa.Column("column", sa.String(length=48), nullable=False),
        sa.Column("rule", sa.String(length=48), nullable=False),
        sa.Column("dimension", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False, comment="error, warning, note"),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False, comment="sentence template in English"),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column(
            "text", sa.Text(), nullable=False, comment="the bad row, identity numbers masked"
        ),
        sa.Column("region_code", sa.String(length=32), nullable=True),
        sa.Column("geometry", sa.LargeBinary(), nullable=True, comment="WKB, EPSG:4326: where"),
        sa.Column("area_m2", sa.Double(), nullable=True, comment="m2 of a geometry finding"),
        sa.Column("status", sa.String(length=12), nullable=False, comment="open, done, accepted"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_quality_issue_batch_id")),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_quality_issue_dataset_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_issue")),
    )
    with op.batch_alter_table("quality_issue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quality_issue_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_quality_issue_dataset_id"), ["dataset_id"], unique=False
        )

    op.create_table(
        "raster",
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("file", sa.Text(), nullable=False, comment="relative to the data folder"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_raster_batch_id")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_raster_dataset_id")),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("pk_raster")),
    )
    with op.batch_alter_table("raster", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_raster_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "region",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column(
            "level", sa.String(length=12), nullable=False, comment="county, township, village, grid"
        ),
        sa.Column("parent_code", sa.String(length=32), nullable=True),
        sa.Column(
            "path",
            sa.Text(),
            nullable=False,
            comment="codes from the county down to this one, each ended by /",
        ),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=False,
            comment="order within the county, parents first",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False, comment="full and initials, for the search"),
        sa.Column("made", sa.Boolean(), nullable=False, comment="cut by the cockpit, in no source"),
        sa.Column(
            "is_leaf",
            sa.Boolean(),
            nullable=False,
            comment="has no region below it; counts are kept here",
        ),
        sa.Column("geometry", sa.LargeBinary(), nullable=True, comment="WKB, EPSG:4326"),
        sa.Column("lon", sa.Double(), nullable=True, comment="degrees; population-weighted centre"),
        sa.Column("lat", sa.Double(), nullable=True, comment="degrees; population-weighted centre"),
        sa.Column(
            "area_km2", sa.Double(), nullable=True, comment="km2 in the county's projected system"
        ),
        sa.Column(
            "elevation_m", sa.Double(), nullable=True, comment="m above sea level at the centre"
        ),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_region_batch_id")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["region.code"], name=op.f("fk_region_parent_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    with op.batch_alter_table("region", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_region_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_region_level"), ["level"], unique=False)
        batch_op.create_index(batch_op.f("ix_region_parent_code"), ["parent_code"], unique=False)

    op.create_table(
        "road_node",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("lat", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("elevation_m", sa.Double(), nullable=True, comment="m"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_road_node_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_node")),
    )
    with op.batch_alter_table("road_node", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_road_node_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "building",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("region_code", sa.String(length=32), nullable=True),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("levels", sa.Double(), nullable=True, comment="storeys"),
        sa.Column("footprint_m2", sa.Double(), nullable=True, comment="m2"),
        sa.Column("dwellings", sa.Double(), nullable=True, comment="dwellings"),
        sa.Column("lon", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("lat", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_building_batch_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_building_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
    )
    with op.batch_alter_table("building", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_building_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_building_region_code"), ["region_code"], unique=False)

    op.create_table(
        "facility",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column("region_code", sa.String(length=32), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("capacity", sa.Double(), nullable=True, comment="beds or places"),
        sa.Column("staff", sa.Double(), nullable=True, comment="persons"),
        sa.Column("referral_level", sa.Text(), nullable=False),
        sa.Column("organisation_code", sa.String(length=64), nullable=False),
        sa.Column("open_from", sa.Date(), nullable=True),
        sa.Column("open_to", sa.Date(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("lat", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_facility_batch_id")),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_facility_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_facility_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
    )
    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_facility_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_facility_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_facility_region_code"), ["region_code"], unique=False)

    op.create_table(
        "household",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=32), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False, comment="households"),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.CheckConstraint("households >= 0", name=op.f("ck_household_households_not_negative")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_household_batch_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_household_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
    )
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_household_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "population",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=32), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column(
            "kind", sa.String(length=12), nullable=False, comment="usual, registered, floating"
        ),
        sa.Column("sex", sa.String(length=1), nullable=False, comment="m, f, t (both)"),
        sa.Column("age_band", sa.String(length=5), nullable=False, comment="00-04 to 85+, all"),
        sa.Column("persons", sa.Integer(), nullable=False, comment="persons"),
        sa.Column(
            "moved",
            sa.Boolean(),
            nullable=False,
            comment="moved to a leaf from the region the source counted",
        ),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.CheckConstraint("persons >= 0", name=op.f("ck_population_persons_not_negative")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_population_batch_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_population_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_population")),
    )
    op.create_table(
        "road_edge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("u", sa.String(length=64), nullable=False),
        sa.Column("v", sa.String(length=64), nullable=False),
        sa.Column("road_class", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "oneway", sa.Integer(), nullable=False, comment="1 u to v only, -1 v to u only, 0 both"
        ),
        sa.Column("maxspeed_kmh", sa.Double(), nullable=True, comment="km/h"),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("bridge", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=False, comment="m"),
        sa.Column("geometry", sa.LargeBinary(), nullable=False, comment="WKB, EPSG:4326"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_road_edge_batch_id")),
        sa.ForeignKeyConstraint(["u"], ["road_node.id"], name=op.f("fk_road_edge_u")),
        sa.ForeignKeyConstraint(["v"], ["road_node.id"], name=op.f("fk_road_edge_v")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_edge")),
    )
    with op.batch_alter_table("road_edge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_road_edge_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "sensor",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("lat", sa.Double(), nullable=False, comment="degrees"),
        sa.Column("region_code", sa.String(length=32), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_sensor_batch_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_sensor_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensor")),
    )
    with op.batch_alter_table("sensor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sensor_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "vulnerable",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=32), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("group", sa.String(length=24), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False, comment="persons; class 敏感"),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.CheckConstraint("persons >= 0", name=op.f("ck_vulnerable_persons_not_negative")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_vulnerable_batch_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_vulnerable_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vulnerable")),
    )
    with op.batch_alter_table("vulnerable", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vulnerable_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="class 敏感"),
        sa.Column("region_code", sa.String(length=32), nullable=True),
        sa.Column("building_id", sa.String(length=64), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True, comment="degrees"),
        sa.Column("lat", sa.Double(), nullable=True, comment="degrees"),
        sa.Column("reported", sa.DateTime(), nullable=False, comment="local time"),
        sa.Column("closed", sa.DateTime(), nullable=True, comment="local time"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_event_batch_id")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_event_building_id")
        ),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_event_dataset_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_event_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_region_code"), ["region_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_reported"), ["reported"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("building_id", sa.String(length=64), nullable=True),
        sa.Column("region_code", sa.String(length=32), nullable=True),
        sa.Column("employees", sa.Double(), nullable=True, comment="persons"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_organisation_batch_id")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_organisation_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_organisation_region_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisation")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_organisation_building_id"), ["building_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_region_code"), ["region_code"], unique=False
        )

    op.create_table(
        "person",
        sa.Column("dataset_id", sa.String(length=48), nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="HMAC-SHA-256 of the number"
        ),
        sa.Column(
            "masked",
            sa.String(length=24),
            nullable=False,
            comment="first 6 of the number; class 敏感",
        ),
        sa.Column(
            "name_key", sa.String(length=64), nullable=True, comment="HMAC-SHA-256 of the name"
        ),
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("birth", sa.Date(), nullable=True, comment="class 敏感"),
        sa.Column("region_code", sa.String(length=32), nullable=True),
        sa.Column("building_id", sa.String(length=64), nullable=True),
        sa.Column("household", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_row",
            sa.Integer(),
            nullable=True,
            comment="data row of the source; empty: computed",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_person_batch_id")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_person_building_id")
        ),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_person_dataset_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_person_region_code")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "key", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_region_code"), ["region_code"], unique=False)

    op.create_table(
        "reading",
        sa.Column("sensor_id", sa.String(length=64), nullable=False),
        sa.Column("time", sa.DateTime(), nullable=False, comment="local time"),
        sa.Column("value", sa.Double(), nullable=False, comment="in the sensor's unit"),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_reading_batch_id")),
        sa.ForeignKeyConstraint(["sensor_id"], ["sensor.id"], name=op.f("fk_reading_sensor_id")),
        sa.PrimaryKeyConstraint("sensor_id", "time", name=op.f("pk_reading")),
    )


def downgrade() -> None:
    op.drop_table("reading")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_region_code"))
        batch_op.drop_index(batch_op.f("ix_person_building_id"))
        batch_op.drop_index(batch_op.f("ix_person_batch_id"))

    op.drop_table("person")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_region_code"))
        batch_op.drop_index(batch_op.f("ix_organisation_building_id"))
        batch_op.drop_index(batch_op.f("ix_organisation_batch_id"))

    op.drop_table("organisation")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_reported"))
        batch_op.drop_index(batch_op.f("ix_event_region_code"))
        batch_op.drop_index(batch_op.f("ix_event_building_id"))
        batch_op.drop_index(batch_op.f("ix_event_batch_id"))

    op.drop_table("event")
    with op.batch_alter_table("vulnerable", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vulnerable_batch_id"))

    op.drop_table("vulnerable")
    with op.batch_alter_table("sensor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sensor_batch_id"))

    op.drop_table("sensor")
    with op.batch_alter_table("road_edge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_road_edge_batch_id"))

    op.drop_table("road_edge")
    op.drop_table("population")
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_household_batch_id"))

    op.drop_table("household")
    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facility_region_code"))
        batch_op.drop_index(batch_op.f("ix_facility_kind"))
        batch_op.drop_index(batch_op.f("ix_facility_batch_id"))

    op.drop_table("facility")
    with op.batch_alter_table("building", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_building_region_code"))
        batch_op.drop_index(batch_op.f("ix_building_batch_id"))

    op.drop_table("building")
    with op.batch_alter_table("road_node", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_road_node_batch_id"))

    op.drop_table("road_node")
    with op.batch_alter_table("region", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_region_parent_code"))
        batch_op.drop_index(batch_op.f("ix_region_level"))
        batch_op.drop_index(batch_op.f("ix_region_batch_id"))

    op.drop_table("region")
    with op.batch_alter_table("raster", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_raster_batch_id"))

    op.drop_table("raster")
    with op.batch_alter_table("quality_issue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quality_issue_dataset_id"))
        batch_op.drop_index(batch_op.f("ix_quality_issue_batch_id"))

    op.drop_table("quality_issue")
    with op.batch_alter_table("feature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feature_layer"))
        batch_op.drop_index(batch_op.f("ix_feature_dataset_id"))
        batch_op.drop_index(batch_op.f("ix_feature_batch_id"))

    op.drop_table("feature")
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_check_id"))

    op.drop_table("conflict")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batch_dataset_id"))

    op.drop_table("batch")
    op.drop_table("tag")
    op.drop_table("meta")
    op.drop_table("dataset")
