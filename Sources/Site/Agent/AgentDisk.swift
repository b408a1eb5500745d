import Basics
import Glibc

/// What a device does about a disk that is full or takes nothing: it waits, and goes on by itself.
/// A piece of the disk is held back, so that a start and the journal find room where flows have
/// left none.
package struct AgentDisk: Sendable {
    /// Bytes that are left to the flows, whatever is fetched.
    private static let margin: UInt64 = 16 << 20
    private static let reserved = 1 << 20
    /// Below that a start has no room.
    package static let neededToStart: UInt64 = 256 << 10

    private let directory: String
    private let reserve: String
    private let freeSpace: @Sendable (String) -> UInt64

    package init(
        _ paths: AgentPaths,
        freeSpace: @escaping @Sendable (String) -> UInt64 = StartPreparation.freeSpace
    ) {
        directory = paths.root
        reserve = "\(paths.root)/reserve"
        self.freeSpace = freeSpace
    }

    /// - Returns: why so many bytes do not fit; `nil` where they do.
    package func refusal(of bytes: Int64) -> String? {
        let free = freeSpace(directory)
        let (needed, isTooMuch) = Self.margin.addingReportingOverflow(
            UInt64(clamping: max(0, bytes)))
        guard isTooMuch || free < needed else { return nil }
        return "The disk of the device is full: \(Self.text(needed)) are needed and "
            + "\(Self.text(free)) are free. It goes on by itself when there is room."
    }

    private static func text(_ bytes: UInt64) -> String { "\((bytes + (1 << 20) - 1) >> 20) MB" }

    // MARK: What is held back

    /// Holds it back again, where there is room enough.
    package func hold() {
        guard !Files.exists(reserve), freeSpace(directory) > Self.margin,
            let file = FileDescriptor(
                owning: open(reserve, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600))
        else { return }
        if posix_fallocate(file.raw, 0, off_t(Self.reserved)) != 0 { release() }
    }

    /// - Returns: whether there was something to give back.
    @discardableResult
    package func release() -> Bool { unlink(reserve) == 0 }

    /// Makes room for a start, if there is none.
    package func makeRoom() {
        if freeSpace(directory) < Self.neededToStart { release() }
    }
}

extension SystemError {
    static let full = SystemError("write", code: ENOSPC)

    /// A disk that is full or that the kernel has made read-only may take something later.
    var isPassing: Bool { isFull || code == EROFS }

    /// One sentence for people.
    var diskSentence: String {
        if isFull {
            return "The disk of the device is full. It goes on by itself when there is room."
        }
        return "The disk of the device cannot be written: \(self)."
    }
}
