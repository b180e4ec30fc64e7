// What is noticed about one enrollment while it is put together.
#pragma once

#include "migrate/import_source.hpp"
#include "migrate/nanomdm/directory.hpp"
#include "nanomdm/error.hpp"

#include <optional>
#include <string>
#include <utility>

namespace nanomdm::migrate {

/// What `read` gives; nullopt, after `otherwise`, when it is there and cannot be had.
template <class Read, class Otherwise>
[[nodiscard]] auto readable(Read read, Otherwise otherwise) -> decltype(read()) {
    try {
        return read();
    } catch (const Error& error) {
        if (error.code() != Errc::corrupt) throw;
        otherwise();
        return {};
    }
}

class Findings {
public:
    /// @param id as the store names the enrollment; not checked
    Findings(ImportSink& sink, ImportKind kind, std::string id)
        : sink_{sink}, kind_{kind}, id_{std::move(id)} {}

    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    /// Once it is known.
    void set_kind(ImportKind kind) noexcept { kind_ = kind; }

    void remark(const char* text) { sink_.remark({kind_, id_, text}); }
    void lose(const char* reason) { sink_.skip({kind_, id_, reason, true}); }
    void pass_over(const char* reason) { sink_.skip({kind_, id_, reason, false}); }

    void lose_association(const char* reason) {
        sink_.skip({ImportKind::certificate_association, id_, reason, true});
    }

    /// Of its queue. @param name of the command or of its file; not checked
    void lose_command(const std::string& name, const char* reason) {
        sink_.skip({ImportKind::command, id_ + " " + name, reason, true});
    }
    void pass_over_command(const std::string& name, const char* reason) {
        sink_.skip({ImportKind::command, id_ + " " + name, reason, false});
    }

    void lose_bootstrap_token(const char* reason) {
        sink_.skip({ImportKind::bootstrap_token, id_, reason, true});
    }

private:
    ImportSink& sink_;
    ImportKind kind_;
    const std::string id_;
};

} // namespace nanomdm::migrate
