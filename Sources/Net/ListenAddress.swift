/// Where to listen.
package enum ListenAddress: Sendable, Hashable {
    /// `::` listens on IPv4 too; port 0 takes a free one.
    case tcp(host: String, port: UInt16)
    /// The socket appears with `mode`; what a dead process left at `path` is replaced.
    case unix(path: String, mode: UInt32)
    /// A listening socket that somebody opened for us, see `InheritedSockets`.
    case descriptor(Int32)
}
