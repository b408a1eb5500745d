/// The four things that a caller of a store can act on.
package enum StoreError: Error, Sendable, Equatable {
    case notFound(String), conflict(String), busy, corrupt
}
