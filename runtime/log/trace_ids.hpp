#pragma once

#include <string>
#include <string_view>

/// The ids of a run and its phases for tools that follow traces (W3C Trace Context). They come from
/// names alone: whoever goes on with a run, in whatever process, writes the same ones, and so does
/// a shell: `printf %s RUN | sha256sum | cut -c 1-32`, `printf %s RUN/PHASE | … | cut -c 1-16`.

namespace baton {

/// 32 digits, of a run.
std::string trace_id_of(std::string_view run);

/// 16 digits, of a phase of a run (also `guard:P`, `rollback:P`, `ending`); with an empty phase of
/// the run as such, which is the phases' parent.
std::string span_id_of(std::string_view run, std::string_view phase);

} // namespace baton
