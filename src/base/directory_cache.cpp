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

}  // namespace mos::base
