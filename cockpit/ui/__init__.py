"""The only folder of ours that imports Streamlit: cache, state, filters, maps, charts, words."""
