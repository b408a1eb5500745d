import Basics
import Domain
import Glibc
import Processes

/// Carries deploys from an instance's spool to where versions are kept, oldest first. An entry is
/// removed only after it is kept; one that was kept already is recognised by its id.
struct SpoolDrain: Sendable {
    enum Outcome: Sendable, Equatable {
        case empty
        case kept(Int)
        /// One sentence; what waits stays where it is.
        case failed(String)
    }

    /// Past 512 MB our storage module refuses a deploy.
    private static let entryLimit = ByteCount.mebibytes(600)

    let layout: InstanceLayout
    /// Entries that are none: left where they are, and told once.
    private(set) var unreadable: Set<String> = []

    init(_ layout: InstanceLayout) { self.layout = layout }

    mutating func drain(
        at now: Timestamp, keep: (DeployEntry) async throws -> Void
    ) async -> Outcome {
        var kept = 0
        do {
            let names = try names()
            // What somebody has tidied away is nothing to complain of any more.
            unreadable.formIntersection(names)
            for name in names {
                guard let id = DeployEntry.id(ofFile: name) else { continue }
                guard !unreadable.contains(name), let entry = try entry(name, id, now) else {
                    unreadable.insert(name)
                    continue
                }
                try await keep(entry)
                try remove(name)
                kept += 1
            }
        } catch let error as SystemError where error.isMissing {
            return .empty
        } catch {
            return .failed(
                "A deploy waits to be kept as a version, because that failed: \(error). "
                    + "It is tried again.")
        }
        if !unreadable.isEmpty {
            return .failed(
                "The spool of this instance holds \(unreadable.count) entries that are no "
                    + "deploys. Look at \(layout.spool) on the server.")
        }
        return kept == 0 ? .empty : .kept(kept)
    }

    private func names() throws(SystemError) -> [String] {
        try HostileDirectory(layout.spool).list(limit: 4000)
    }

    /// `nil` for what is no deploy and will never be one: a link, a pipe, too large, not ours.
    private func entry(
        _ name: String, _ id: String, _ now: Timestamp
    ) throws(SystemError) -> DeployEntry? {
        do throws(SystemError) {
            let bytes = try HostileDirectory(layout.spool).read(name, limit: Self.entryLimit)
            return DeployEntry(named: id, bytes, at: now)
        } catch  where [ELOOP, EINVAL, EMLINK, EFBIG, EXDEV].contains(error.code) {
            return nil
        }
    }

    private func remove(_ name: String) throws(SystemError) {
        try HostileDirectory(layout.spool).remove(name)
    }
}
