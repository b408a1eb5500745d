package import Domain
import Synchronization

/// What the files areas held when they were last counted, for views that cannot wait for a count.
package final class FileUsageBook: Sendable {
    private let usages = Mutex<[Instance.ID: FileUsage]>([:])

    package init() {}

    /// `nil` before the first count.
    package func usage(of id: Instance.ID) -> FileUsage? { usages.withLock { $0[id] } }

    package func note(_ usage: FileUsage, of id: Instance.ID) {
        usages.withLock { $0[id] = usage }
    }

    package func forget(_ id: Instance.ID) { usages.withLock { $0[id] = nil } }
}
