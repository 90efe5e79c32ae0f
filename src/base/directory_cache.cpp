#include <mos/base/directory_cache.hpp>

namespace mos::base {

Result<Directory *> DirectoryCache::open(std::string_view path) {
    if (path.empty())
        return &m_top;
    if (m_last == nullptr || m_last_path != path) {
        m_last.reset();
        MOS_TRY(m_last, m_top.open_directory(path, Symlinks::refuse));
        m_last_path = path;
    }
    return m_last.get();
}

Result<Directory *> DirectoryCache::find(std::string_view path) {
    auto opened = open(path);
    if (!opened && is_gone(opened.error()))
        return static_cast<Directory *>(nullptr);
    return opened;
}

}  // namespace mos::base
