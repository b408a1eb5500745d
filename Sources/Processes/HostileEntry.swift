package import Basics
import Glibc

/// What lies in a hostile directory, as it was at one moment.
package struct HostileEntry: Sendable, Equatable {
    package enum Kind: Sendable {
        case file, folder
        /// A link, a pipe, a socket, a device: never opened.
        case other
    }

    package let kind: Kind
    /// Bytes; of a sparse file those that a reader would see.
    package let size: Int64
    /// Nanoseconds since 1970.
    package let modified: Int64
    /// When anything about it was last changed, which nobody can set back.
    package let changed: Int64
    package let inode: UInt64
    package let device: UInt64
    package let links: UInt64
    package let mode: UInt32

    init(_ information: stat) {
        kind = Self.kind(of: information.st_mode)
        size = Int64(information.st_size)
        modified = Self.nanoseconds(information.st_mtim)
        changed = Self.nanoseconds(information.st_ctim)
        inode = UInt64(information.st_ino)
        device = UInt64(information.st_dev)
        links = UInt64(information.st_nlink)
        mode = information.st_mode & 0o7777
    }

    /// The same bytes as then, as far as the file system can tell.
    package func isUnchanged(since other: HostileEntry) -> Bool {
        (inode, device, size) == (other.inode, other.device, other.size)
            && (modified, changed) == (other.modified, other.changed)
    }

    package var modifiedAt: Timestamp { Timestamp(milliseconds: modified / 1_000_000) }

    private static func kind(of mode: mode_t) -> Kind {
        switch mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        default: .other
        }
    }

    /// A stranger may set any time: what does not fit is the epoch.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, more) = seconds.addingReportingOverflow(Int64(time.tv_nsec))
        return overflow || more ? 0 : sum
    }
}

extension HostileEntry {
    /// Of an open file.
    package init(_ file: borrowing FileDescriptor, _ name: String) throws(SystemError) {
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("stat \(name)") }
        self.init(information)
    }
}
