"""Data: what is stored, how good it is, what to mend, and where every figure comes from."""

from cockpit.ui import cache, data, data_pools, data_trace, data_upload, data_work, frame

entries = data.catalogue() if cache.data_version() else ()
if not entries:
    frame.empty_store()
else:
    view = data.view()
    if view == "catalogue":
        data.show_catalogue(entries)
    elif view == "findings":
        data_work.show_findings(entries)
    elif view == "conflicts":
        data_work.show_conflicts()
    elif view == "lineage":
        data_trace.show_lineage()
    elif view == "pools":
        data_pools.show_pools()
    elif view == "upload":
        data_upload.show_upload()
    else:
        data.show_dictionary()
