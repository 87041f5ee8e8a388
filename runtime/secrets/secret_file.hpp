#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace baton {

/// The largest secret file that is read.
inline constexpr std::size_t secret_file_max = 1u << 20;

struct secret_file {
  std::string content;
  bool open_to_others = false; ///< group or others may read it: worth a warning
};

/// A file with secrets on the controller. Errors (secrets_failed) name the file and what to do,
/// never its content.
expected<secret_file> read_secret_file(const std::string& path);

/// SHA-256 of the key and then the content, hexadecimal: tells whether two contents are the same,
/// to whoever has the key and to nobody else.
std::string keyed_digest(std::string_view key, std::string_view content);

/// 64 hexadecimal digits nobody can guess: a key for one step.
std::string fresh_digest_key();

/// A key made from a word and a secret of this controller (`compare.key` in the state folder, 0600,
/// made when it is not there): the same for the same word.
expected<std::string> digest_key_of(std::string_view word);

/// The key for digests that one step of a run writes down and another compares.
inline expected<std::string> digest_key_of_run(std::string_view run) {
  return digest_key_of(run);
}

} // namespace baton
