#include "handles.hpp"

#include <cerrno>

namespace mos::test::twin {

namespace {

constexpr int max_symlinks = 40;

// Pushes the components of `path`, the last one first.
void push_components(std::vector<std::string> &left, std::string_view path) {
    while (!path.empty()) {
        const std::size_t slash = path.rfind('/');
        const std::string_view component = slash == std::string_view::npos ? path : path.substr(slash + 1);
        path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
        if (!component.empty() && component != ".")
            left.emplace_back(component);
    }
}

}  // namespace

Resolved resolve(const Disk &disk, Id base, std::string_view path, base::Symlinks symlinks) {
    std::vector<Id> through = {base};
    std::vector<std::string> left;
    push_components(left, path);
    for (int followed = 0; !left.empty();) {
        const std::string component = std::move(left.back());
        left.pop_back();
        if (component == "..") {
            if (through.size() > 1)
                through.pop_back();
            continue;
        }
        const Entry *entry = disk.node(through.back()).find(component);
        if (entry == nullptr)
            return {no_id, ENOENT};
        if (entry->type == base::FileType::symlink) {
            if (symlinks == base::Symlinks::refuse || ++followed > max_symlinks)
                return {no_id, ELOOP};
            const std::string &target = disk.node(entry->id).target;
            if (target.front() == '/')
                through.resize(1);
            push_components(left, target);
        } else if (entry->type != base::FileType::directory) {
            return {no_id, ENOTDIR};
        } else {
            through.push_back(entry->id);
        }
    }
    return {through.back(), 0};
}

}  // namespace mos::test::twin
