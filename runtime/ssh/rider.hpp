#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <memory>

namespace baton::ssh {

/// Bytes that a rider moves in one piece.
inline constexpr std::size_t piece_max = 32 * 1024;

/// Something that lives on a connection, in a channel of its own. On the reactor's thread.
class rider : public std::enable_shared_from_this<rider> {
public:
  enum class mood {
    idle,   ///< nothing to do until it is nudged
    hungry, ///< ask again when something has come from the host
    gone,   ///< over: the connection lets go of it
  };

  rider() = default;
  rider(const rider&) = delete;
  rider& operator=(const rider&) = delete;
  virtual ~rider() = default;

  /// Goes on as far as it can without waiting. Not called from within a libssh callback.
  virtual mood pump() = 0;

  /// The session is dead. Nothing of libssh may be called any more.
  virtual void lost(const error& why) = 0;

  bool queued = false; ///< the connection's: stands in its work list
};

} // namespace baton::ssh
