import Basics
import Domain
package import HTTP
package import Site

extension Problem {
    package init(_ fault: FileFault) {
        switch fault {
        case .notFound(let path): self = .notFound(path.isRoot ? "The files area" : "“\(path)”")
        case .notPlain(let path):
            self = .conflict(
                "“\(path)” is, or lies behind, a link or something else that is no plain file: "
                    + "it can be removed, not opened.")
        case .isFolder(let path):
            self = .conflict(
                path.isRoot ? "The files area itself is a folder." : "“\(path)” is a folder.")
        case .notFolder(let path): self = .conflict("“\(path)” is no folder.")
        case .exists(let path): self = .conflict("There is “\(path)” already.")
        case .precondition(let path):
            self = .precondition("“\(path)” is not what the request expects to find there.")
        case .intoItself(let path): self = .conflict("“\(path)” cannot be moved into itself.")
        case .quota(let used, let quota, let wanted):
            self = Problem(
                type: "/problems/quota", title: "Quota reached", status: 413,
                detail: "The files area holds \(Self.size(used)) of \(Self.size(quota)): "
                    + "\(Self.size(wanted)) more do not fit. Remove files, or raise the quota in "
                    + "the settings of the instance.")
        case .full:
            self = Problem(
                type: "/problems/storage", title: "Disk full", status: 507,
                detail: "The disk is full: nothing was changed. Free space, then try again.")
        case .denied(let path):
            self = .conflict("The permissions that a flow gave “\(path)” forbid this.")
        case .changedMeanwhile(let path):
            self = .conflict("“\(path)” changed meanwhile. Try again.")
        case .body(let fault): self = fault.problem
        case .store(let error): self.init(error)
        case .system: self = .storage
        }
    }

    private static func size(_ bytes: Int64) -> String {
        bytes < 10 << 20 ? "\(bytes) bytes" : "\(bytes >> 20) MB"
    }
}
