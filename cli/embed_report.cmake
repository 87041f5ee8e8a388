# The forms of the page that tells how a run ended.
set(report "${CMAKE_SOURCE_DIR}/cli/report")
baton_embed(baton_cli report "${report}/report.txt.mustache" "${report}/report.md.mustache"
  "${report}/report.html.mustache")
