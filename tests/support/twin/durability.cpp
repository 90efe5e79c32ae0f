// The part of the twin's kernel that decides what survives.
#include "disk.hpp"

#include <algorithm>

namespace mos::test::twin {

namespace {

bool concerns(const Item &item, Id id) {
    if (const Names *names = item.names(); names != nullptr)
        return std::ranges::find(names->changes, id, &NameChange::directory) != names->changes.end();
    return item.id == id;
}

}  // namespace

int Disk::flush_inode(Id id, std::uint64_t &mark, int injected) {
    if (injected != 0)
        lose_data(id, node(id).device, injected);
    if (const int number = m_inode_errors[id].report(mark); number != 0)
        return number;
    if (injected != 0)  // a directory, or nothing to lose
        return injected;
    std::vector<bool> wanted(m_pending.size());
    for (std::size_t i = 0; i < m_pending.size(); ++i)
        wanted[i] = concerns(m_pending[i], id);
    mark_needed(m_pending, wanted);
    std::vector<Item> left;
    for (std::size_t i = 0; i < m_pending.size(); ++i) {
        if (wanted[i])
            (void)apply(m_durable, m_pending[i]);
        else
            left.push_back(std::move(m_pending[i]));
    }
    m_pending = std::move(left);
    return 0;
}

int Disk::flush_all(Device device, std::uint64_t &mark, int injected) {
    if (injected != 0)
        lose_data(no_id, device, injected);
    if (const int number = volume(device).errors.report(mark); number != 0)
        return number;
    if (injected != 0)
        return injected;
    // One by one, not by copying the live state: that may show data which a failed writeback has lost.
    std::erase_if(m_pending, [&](const Item &item) {
        if (item.device == device)
            (void)apply(m_durable, item);
        return item.device == device;
    });
    m_durable.collect(device);
    return 0;
}

void Disk::lose_data(Id only, Device device, int number) {
    std::set<Id> losers;
    std::erase_if(m_pending, [&](const Item &item) {
        const bool lost = item.is_data() && item.device == device && (only == no_id || item.id == only);
        if (lost)
            losers.insert(item.id);
        return lost;
    });
    for (const Id id : losers)
        m_inode_errors[id].note(number);
    if (!losers.empty())
        volume(device).errors.note(number);
}

void Disk::fail_writeback(int number) {
    for (Device device = root_device; device < m_volumes.size(); ++device)
        lose_data(no_id, device, number);
}

DiskState Disk::crash(const Selection &keep) const {
    DiskState state;
    state.table = m_durable;
    state.clock = clock;
    for (std::size_t i = 0; i < m_pending.size(); ++i) {
        if (!keep.keeps(i))
            continue;
        Tear tear;
        if (keep.tear() && (scramble(*keep.tear(), i) & 1U) != 0)
            tear = Tear{scramble(*keep.tear(), ~i)};
        (void)apply(state.table, m_pending[i], tear);
    }
    for (const Item &item : m_pending) {
        // Data whose size was lost.
        const Inode *inode = item.is_data() ? state.table.node(item.id) : nullptr;
        if (inode != nullptr && inode->chunks.size() * chunk_bytes > inode->size)
            state.table.edit(item.id).trim();
    }
    state.table.collect();
    return state;
}

}  // namespace mos::test::twin
