#include "twin.hpp"

#include "disk.hpp"
#include "handles.hpp"

#include <stdexcept>

namespace mos::test {

using twin::Disk;

DiskState::DiskState() : clock{1'700'000'000, 0} {
    auto root = std::make_shared<twin::Inode>();
    root->type = base::FileType::directory;
    root->number = 2;
    root->mode = 0755;
    root->modified = clock;
    table.place(twin::root_id, std::move(root));
}

Twin::Twin(const DiskState &state) : m_disk(std::make_shared<Disk>(state)) {}

std::unique_ptr<base::Directory> Twin::root() const { return twin::open_twin_root(m_disk); }

void Twin::on_mutation(MutationCallback callback) { m_disk->callback = std::move(callback); }
std::uint64_t Twin::mutations() const { return m_disk->mutations; }
std::uint64_t Twin::flushes() const { return m_disk->flushes; }

std::size_t Twin::pending() const { return m_disk->pending().size(); }

std::vector<std::string> Twin::pending_descriptions() const {
    std::vector<std::string> descriptions;
    for (const twin::Item &item : m_disk->pending())
        descriptions.push_back(item.description());
    return descriptions;
}

DiskState Twin::crash(const Selection &keep) const { return m_disk->crash(keep); }

Twin Twin::killed() const {
    auto disk = std::make_shared<Disk>(*m_disk);
    disk->forget_handles();
    return Twin{std::move(disk)};
}

void Twin::fail_at(std::uint64_t call, int number) { m_disk->failures[call] = number; }
void Twin::fail_from(std::uint64_t call, int number) { m_disk->lasting_failure = {call, number}; }
void Twin::fail_never() {
    m_disk->failures.clear();
    m_disk->lasting_failure.reset();
}
std::uint64_t Twin::calls() const { return m_disk->calls; }
void Twin::fail_writeback(int number) { m_disk->fail_writeback(number); }

void Twin::set_clock(base::FileTime time) { m_disk->clock = time; }

// Throws where there is nothing: a test that asks for it is wrong.
static twin::Id id_at(const twin::Disk &disk, std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const bool is_deep = slash != std::string_view::npos;
    const twin::Resolved parent =
        twin::resolve(disk, twin::root_id, is_deep ? path.substr(0, slash) : "", base::Symlinks::refuse);
    const twin::Entry *entry =
        parent.number != 0 ? nullptr : disk.node(parent.id).find(is_deep ? path.substr(slash + 1) : path);
    if (entry == nullptr)
        throw std::invalid_argument("there is no '" + std::string{path} + "'");
    return entry->id;
}

static twin::Volume &volume_at(twin::Disk &disk, std::string_view top) {
    return disk.volume(top.empty() ? twin::root_device : disk.node(id_at(disk, top)).device);
}

void Twin::mount(std::string_view path) {
    const twin::Id id = id_at(*m_disk, path);
    if (m_disk->node(id).type != base::FileType::directory || !m_disk->node(id).entries.empty())
        throw std::invalid_argument("'" + std::string{path} + "' is no empty directory");
    m_disk->mount(id);
}

void Twin::fail_writeback_on(std::string_view top, int number) {
    m_disk->lose_data(twin::no_id, m_disk->node(id_at(*m_disk, top)).device, number);
}

void Twin::set_free_bytes(std::uint64_t bytes, std::string_view top) {
    m_disk->set_free_bytes(top.empty() ? twin::root_device : m_disk->node(id_at(*m_disk, top)).device, bytes);
}
void Twin::set_free_inodes(std::uint64_t inodes, std::string_view top) { volume_at(*m_disk, top).free_inodes = inodes; }
void Twin::set_filesystem_type(std::string type, std::string_view top) {
    volume_at(*m_disk, top).filesystem_type = std::move(type);
}
void Twin::use_fast_commit() { m_disk->volume(twin::root_device).fast_commit = true; }
void Twin::share_content(std::string_view top) { volume_at(*m_disk, top).shares_content = true; }
void Twin::set_writable(Writable writable, std::string_view top) {
    volume_at(*m_disk, top).read_only = writable == Writable::no;
}

void Twin::set_immutable(std::string_view path, Immutable immutable) {
    m_disk->set_immutable(id_at(*m_disk, path), immutable == Immutable::yes);
}

void Twin::make_unreadable(std::string_view path) { m_disk->unreadable.insert(id_at(*m_disk, path)); }

}  // namespace mos::test
