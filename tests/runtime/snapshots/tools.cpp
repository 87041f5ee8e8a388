#include "tests/runtime/snapshots/tools.hpp"

#include <algorithm>

namespace baton {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::vector<std::string> entries(const fs::path& folder) {
  std::vector<std::string> found;
  if (fs::exists(folder))
    for (const auto& entry : fs::directory_iterator{folder})
      found.push_back(entry.path().filename());
  std::ranges::sort(found);
  return found;
}

/// The tool is called with what a person would type.
void person(const snapshot_rig& rig, std::vector<std::string> argv) {
  argv.front() = (rig.host.home() / "bin" / argv.front()).string();
  if (!works(argv))
    throw std::runtime_error("the stand-in refuses: " + argv.front());
}

constexpr const char* copying = R"sh(#!/bin/sh
cd "$HOME" || exit
mkdir -p snaps
case $1/$# in
list/1) ls -1 snaps ;;
create/2) cp -a data "snaps/$2" ;;
rollback/2) rm -rf data && cp -a "snaps/$2" data ;;
delete/2) [ ! -e keep ] || { echo 'the pool is read-only' >&2; exit 5; }; rm -rf "snaps/$2" ;;
*) exit 2 ;;
esac
)sh";

class by_script : public snapshot_tool {
public:
  explicit by_script(snapshot_rig& rig) : snapshot_tool(rig) {
    fs::create_directory(data());
    rig.policy().script = "~/my snapshot.sh";
    write_file(rig.host.home() / "my snapshot.sh", copying, 0700);
  }
  fs::path data() const override { return rig_.host.home() / "data"; }
  void make(const std::string& name) override {
    fs::create_directories(rig_.host.home() / "snaps" / name);
  }
  std::vector<std::string> names() override { return entries(rig_.host.home() / "snaps"); }
  bool take_tool_away() override { return fs::remove(rig_.host.home() / "my snapshot.sh"); }
  void take_thing_away() override {
    write_file(rig_.host.home() / "my snapshot.sh", "#!/bin/sh\necho 'no such pool' >&2\nexit 3\n",
               0700);
  }
  void break_delete() override { write_file(rig_.host.home() / "keep", ""); }
};

class by_btrfs : public snapshot_tool {
public:
  explicit by_btrfs(snapshot_rig& rig) : snapshot_tool(rig) {
    if (!image_.why_not.empty())
      return;
    works({"btrfs", "subvolume", "create", data().string()});
    rig.policy().driver = snapshot_driver::btrfs;
    rig.policy().subvolume = data().string();
    rig.policy().snapshot_dir = (image_.at() / "snaps").string();
  }
  std::string why_not() const override { return image_.why_not; }
  fs::path data() const override { return image_.at() / "data"; }
  void make(const std::string& name) override {
    fs::create_directories(image_.at() / "snaps");
    works({"btrfs", "subvolume", "snapshot", "-r", data().string(),
           (image_.at() / "snaps" / name).string()});
  }
  std::vector<std::string> names() override { return entries(image_.at() / "snaps"); }
  bool take_tool_away() override { return false; }
  void take_thing_away() override { rig_.policy().subvolume = (image_.at() / "nothing").string(); }
  void break_delete() override {
    for (const auto& name : names()) { // one with another inside of it cannot be deleted
      const auto one = (image_.at() / "snaps" / name).string();
      works({"btrfs", "property", "set", "-ts", one, "ro", "false"});
      works({"btrfs", "subvolume", "create", one + "/inner"});
    }
  }

private:
  btrfs_image image_;
};

class by_proxmox : public snapshot_tool {
public:
  by_proxmox(snapshot_rig& rig, const std::string& kind) : snapshot_tool(rig) {
    fs::create_directory(data());
    make_proxmox(rig, data(), kind);
    tool_ = kind == "qemu" ? "qm" : "pct";
  }
  fs::path data() const override { return rig_.host.home() / "disk"; }
  void make(const std::string& name) override { person(rig_, {tool_, "snapshot", "100", name}); }
  std::vector<std::string> names() override {
    std::vector<std::string> found;
    const auto all = state()["guests"]["100"].value("snapshots", json::object());
    for (const auto& [name, about] : all.items())
      found.push_back(name);
    return found;
  }
  bool take_tool_away() override { return fs::remove(rig_.host.home() / "bin" / "pvesh"); }
  void take_thing_away() override { rig_.policy().guest = "101"; }
  void break_delete() override {
    rig_.change(file(), [&](json& now) {
      now["faults"][tool_ == "qm" ? "qmdelsnapshot" : "vzdelsnapshot"]["error"] = "dataset is busy";
    });
  }
  bool fill() override {
    rig_.change(file(), [](json& now) { now["storages"]["local-zfs"]["avail"] = 1 << 30; });
    return true;
  }

private:
  fs::path file() const { return rig_.state_of("pve") / "state.json"; }
  json state() const { return rig_.get_state(file()); }
  std::string tool_;
};

class by_zfs : public snapshot_tool {
public:
  explicit by_zfs(snapshot_rig& rig) : snapshot_tool(rig) {
    fs::create_directory(data());
    make_zfs(rig, data());
  }
  fs::path data() const override { return rig_.host.home() / "data"; }
  void make(const std::string& name) override {
    person(rig_, {"zfs", "snapshot", "tank/data@" + name});
  }
  std::vector<std::string> names() override {
    std::vector<std::string> found;
    const auto all =
        rig_.get_state(file())["datasets"]["tank/data"].value("snapshots", json::array());
    for (const auto& one : all)
      found.push_back(one["name"]);
    std::ranges::sort(found);
    return found;
  }
  bool take_tool_away() override { return fs::remove(rig_.host.home() / "bin" / "zfs"); }
  void take_thing_away() override { rig_.policy().dataset = "tank/nothing"; }
  void break_delete() override {
    rig_.change(file(), [](json& now) {
      for (auto& one : now["datasets"]["tank/data"]["snapshots"])
        one["holds"] = {"backup"};
    });
  }
  bool fill() override {
    rig_.change(file(), [](json& now) { now["datasets"]["tank/data"]["available"] = 1 << 30; });
    return true;
  }

private:
  fs::path file() const { return rig_.state_of("zfs") / "zfs.json"; }
};

class by_lvm : public snapshot_tool {
public:
  explicit by_lvm(snapshot_rig& rig) : snapshot_tool(rig) { make_lvm(rig, data()); }
  fs::path data() const override { return rig_.host.home() / "srv" / "my data"; }
  void make(const std::string& name) override {
    person(rig_, {"lvcreate", "-s", "-n", name, "vg/data"});
  }
  std::vector<std::string> names() override {
    std::vector<std::string> found;
    const json all = rig_.get_state(file())["groups"]["vg"];
    for (const auto& [name, about] : all.items())
      if (about.value("origin", "") == "data")
        found.push_back(name);
    return found;
  }
  bool take_tool_away() override { return fs::remove(rig_.host.home() / "bin" / "lvs"); }
  void take_thing_away() override { rig_.policy().volume = "vg/nothing"; }
  void break_delete() override {
    rig_.change(file(), [&](json& now) {
      for (const auto& name : names())
        now["held"].push_back("vg/" + name);
    });
  }
  bool fill() override {
    rig_.change(file(), [](json& now) { now["groups"]["vg"]["pool"]["data"] = 97.3; });
    return true;
  }

private:
  fs::path file() const { return rig_.state_of("lvm") / "lvm.json"; }
};

} // namespace

void make_proxmox(snapshot_rig& rig, const fs::path& disk, const std::string& kind) {
  rig.stand_in("pve", {"qm", "pct", "pvesh"});
  const json config = kind == "qemu" ? json{{"scsi0", "local-zfs:vm-100-disk-0,size=8G"},
                                            {"ide2", "local:iso/debian.iso,media=cdrom"}}
                                     : json{{"rootfs", "local-zfs:subvol-100-disk-0,size=8G"}};
  const json guest{{"kind", kind},    {"name", "rtx"},    {"node", "pve2"},
                   {"running", true}, {"config", config}, {"disk", disk.string()}};
  const json storage{{"total", 100LL << 30}, {"avail", 60LL << 30}, {"snapshots", true}};
  write_file(rig.state_of("pve") / "state.json",
             json{{"node", "pve2"},
                  {"nodes", {{"pve1", "online"}, {"pve2", "online"}}},
                  {"storages", {{"local-zfs", storage}}},
                  {"guests", {{"100", guest}}}}
                 .dump());
  rig.policy().driver = snapshot_driver::proxmox;
}

void make_zfs(snapshot_rig& rig, const fs::path& data) {
  rig.stand_in("zfs", {"zfs"});
  const json about{{"type", "filesystem"},
                   {"mountpoint", data.string()},
                   {"used", 40LL << 30},
                   {"available", 60LL << 30}};
  write_file(rig.state_of("zfs") / "zfs.json", json{{"datasets", {{"tank/data", about}}}}.dump());
  rig.policy().driver = snapshot_driver::zfs;
  rig.policy().dataset = "tank/data";
}

void make_lvm(snapshot_rig& rig, const fs::path& data) {
  rig.stand_in("lvm", {"lvs", "lvcreate", "lvconvert", "lvchange", "lvremove", "findmnt", "mount",
                       "umount"});
  const json pool{{"type", "pool"}, {"size", 100LL << 30}, {"data", 40.5}, {"meta", 3.1}};
  const json volume{{"type", "thin"}, {"pool", "pool"}, {"thin_id", 1}, {"active", true}};
  const json plain{{"type", "linear"}};
  const json mount{
      {"volume", "vg/data"}, {"at", data.string()}, {"type", "ext4"}, {"options", "rw,noatime"}};
  fs::create_directories(rig.state_of("lvm") / "blocks" / "1");
  fs::create_directories(data.parent_path());
  fs::create_symlink(rig.state_of("lvm") / "blocks" / "1", data);
  write_file(rig.state_of("lvm") / "lvm.json",
             json{{"groups", {{"vg", {{"pool", pool}, {"data", volume}, {"root", plain}}}}},
                  {"mounts", {mount}}}
                 .dump());
  rig.policy().driver = snapshot_driver::lvm;
  rig.policy().volume = "vg/data";
}

std::unique_ptr<snapshot_tool> make_snapshot_tool(const std::string& driver, snapshot_rig& rig) {
  if (driver == "btrfs")
    return std::make_unique<by_btrfs>(rig);
  if (driver == "proxmox")
    return std::make_unique<by_proxmox>(rig, "qemu");
  if (driver == "proxmox_container")
    return std::make_unique<by_proxmox>(rig, "lxc");
  if (driver == "zfs")
    return std::make_unique<by_zfs>(rig);
  if (driver == "lvm")
    return std::make_unique<by_lvm>(rig);
  return std::make_unique<by_script>(rig);
}

} // namespace baton
