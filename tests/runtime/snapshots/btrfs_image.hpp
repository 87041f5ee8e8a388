#pragma once

#include "runtime/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace baton {

inline bool works(std::vector<std::string> argv) {
  process_request request;
  request.argv = std::move(argv);
  const auto end = run_process(request);
  return end && end->ok();
}

/// A real btrfs in a loop file. `why_not` is set where that cannot be had.
class btrfs_image {
public:
  btrfs_image() {
    const auto image = (folder_ / "image").string();
    std::filesystem::create_directory(at());
    if (::geteuid() != 0)
      why_not = "mounting needs root";
    else if (!works({"sh", "-c", "command -v mkfs.btrfs"}))
      why_not = "mkfs.btrfs is not installed (btrfs-progs)";
    else if (!works({"truncate", "-s", "128M", image}) || !works({"mkfs.btrfs", "-q", image})
             || !works({"mount", "-o", "loop", image, at().string()}))
      why_not = "a btrfs image cannot be mounted here";
    else
      mounted_ = true;
  }
  btrfs_image(const btrfs_image&) = delete;
  btrfs_image& operator=(const btrfs_image&) = delete;
  ~btrfs_image() {
    if (mounted_)
      works({"umount", "-l", at().string()});
  }
  std::filesystem::path at() const { return folder_ / "fs"; }

  std::string why_not;

private:
  temp_folder folder_;
  bool mounted_ = false;
};

} // namespace baton
