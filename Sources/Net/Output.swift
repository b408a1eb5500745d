package import Basics

/// Something to write.
package enum Output: Sendable {
    case bytes([UInt8])
    /// Written from where it lies.
    case `static`(StaticBytes)

    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .static(let bytes): bytes.count
        }
    }
}
