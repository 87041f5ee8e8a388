#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

/// BLAKE2b, 32 bytes.
using chain_hash = std::array<unsigned char, 32>;

/// What an event's row says, as far as it is hashed.
struct chained_event {
  std::uint64_t seq;
  std::string_view run;
  std::int64_t at; ///< milliseconds since 1970
  std::string_view type;
  std::int64_t version;
  std::string_view json;
};

/// The hash of an event behind the one with hash `prev`; of the first, `prev` is all zero. No two
/// different events have the same bytes hashed: every field's length is part of them.
chain_hash hash_of(const chain_hash& prev, const chained_event& what);

} // namespace baton
