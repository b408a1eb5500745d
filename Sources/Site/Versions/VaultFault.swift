package import Basics
package import Domain

/// Why the vault gave or took nothing.
package enum VaultFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// - Parameter chunk: the part of it that is not there; `nil` where it is the whole.
    case missing(ContentAddress, chunk: ContentAddress? = nil)
    /// The file is not what its name says: the disk or a hand has changed it.
    case damaged(ContentAddress, chunk: ContentAddress? = nil)
    case tooLarge(ByteCount)
    /// No space left; what was there is whole.
    case full
    case system(SystemError)

    package var description: String {
        switch self {
        case .missing(let address, let chunk):
            "The vault's file \(Self.name(address, chunk)) is missing: "
                + "restore it from a backup, or deploy the same once more."
        case .damaged(let address, let chunk):
            "The vault's file \(Self.name(address, chunk)) is damaged: "
                + "restore it from a backup, or deploy the same once more."
        case .tooLarge(let limit):
            "This is larger than \(limit.bytes >> 20) MB, which is the most that is taken here."
        case .full: "The disk is full: free some space, nothing was lost."
        case .system(let error): "The vault cannot be used: \(error)."
        }
    }

    private static func name(_ address: ContentAddress, _ chunk: ContentAddress?) -> String {
        chunk.map { "\($0), a part of \(address)," } ?? "\(address)"
    }

    /// The file that is damaged or missing.
    package var file: ContentAddress? {
        switch self {
        case .missing(let address, let chunk), .damaged(let address, let chunk): chunk ?? address
        default: nil
        }
    }

    init(_ error: SystemError) { self = error.isFull ? .full : .system(error) }
}
