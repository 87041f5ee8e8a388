#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace baton::release {

/// Where the controller keeps bare copies of repositories: `$XDG_CACHE_HOME/baton/git`, else below
/// `$HOME/.cache`.
expected<std::string> cache_folder();

constexpr std::size_t bundle_bytes_max = std::size_t{1} << 30U;

/// A git bundle with the commit, made from the controller's copy of the repository (step `resolve`
/// has fetched it). Runs git; blocks. `had`: a commit that the receiver has whole, so that only
/// what came after it travels; empty or unknown here: everything. More than `bytes_max` is an
/// error.
expected<std::shared_ptr<const std::string>> make_bundle(const std::string& repository,
                                                         const std::string& commit,
                                                         const std::string& had,
                                                         std::size_t bytes_max = bundle_bytes_max);

} // namespace baton::release
