import COpenSSL
import Synchronization

/// The last session with one peer, so that the next connection need not begin from nothing. For one
/// peer and one purpose; any thread. Holds a secret: whoever has it can resume in our name.
///
/// Kept as bytes: OpenSSL makes a session useless for good once one connection of it has broken
/// off, which is what connections of devices do.
package final class TLSResumption: Sendable {
    /// Trust and identity under which it began: it is worth nothing under any other.
    private static let markLength = 32

    private let kept: Mutex<[UInt8]>

    /// - Parameter saved: what `saved` was in an earlier life; anything else counts as nothing.
    package init(saved: [UInt8] = []) { kept = Mutex(saved) }

    /// For a file that nobody else reads; empty if there is no session.
    package var saved: [UInt8] { kept.withLock { $0 } }

    package func forget() { kept.withLock { $0 = [] } }

    func put(_ session: OpaquePointer, mark: [UInt8]) {
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_SSL_SESSION(session, &der)
        guard length > 0, let der else { return ERR_clear_error() }
        defer { CRYPTO_free(der, #fileID, #line) }
        let bytes = mark + UnsafeBufferPointer(start: der, count: Int(length))
        kept.withLock { $0 = bytes }
    }

    /// Lets a session that begins go on from the one that is kept, if there is one.
    func offer(to session: OpaquePointer, mark: [UInt8]) {
        let bytes = saved
        guard bytes.count > Self.markLength, bytes.starts(with: mark) else { return }
        let earlier = bytes[Self.markLength...].withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_SSL_SESSION(nil, &start, buffer.count)
        }
        if let earlier {
            _ = SSL_set_session(session, earlier)
            SSL_SESSION_free(earlier)
        }
        ERR_clear_error()
    }
}

/// What the client side of a connection leaves for the next: hangs on the `SSL` while it lives.
final class ResumptionSlot {
    let resumption: TLSResumption
    let mark: [UInt8]

    init(_ resumption: TLSResumption, mark: [UInt8]) {
        self.resumption = resumption
        self.mark = mark
    }

    /// `SSL_set_app_data`.
    static let index: Int32 = 0
}

/// 0: OpenSSL keeps its reference.
@c func keepSession(_ connection: OpaquePointer?, _ session: OpaquePointer?) -> Int32 {
    guard let session, let raw = SSL_get_ex_data(connection, ResumptionSlot.index) else { return 0 }
    let slot = Unmanaged<ResumptionSlot>.fromOpaque(raw).takeUnretainedValue()
    slot.resumption.put(session, mark: slot.mark)
    return 0
}
