import Basics
import Domain
import Glibc
import HTTP

/// One upload on its way into a file of the passage, a piece at a time: memory holds what the
/// connection holds, whatever the size.
actor FileUpload {
    /// For files that Node-RED shall read and write too.
    private static let mode: mode_t = 0o660
    /// How many bytes are asked for at once where a body does not say how many it has.
    private static let step: Int64 = 8 << 20
    /// How often it is asked whether the disk still has room: others fill it too.
    private static let look: Int64 = 64 << 20

    private let path: String
    private let executor = BlockingExecutor(label: "file-upload")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameter path: of a file that is not there yet.
    init(_ path: String) { self.path = path }

    /// - Parameter grant: asked before the bytes are written, beginning with all that the body
    ///   announces; and with 0 now and then.
    /// - Returns: how many bytes there are, on the disk. What fails leaves no file.
    func take(
        _ body: RequestBody, grant: @Sendable (Int64) async throws(FileFault) -> Void
    ) async throws(FileFault) -> Int64 {
        do throws(FileFault) { return try await write(body, grant) } catch {
            unlink(path)
            throw error
        }
    }

    func discard() { unlink(path) }

    private func write(
        _ body: RequestBody, _ grant: @Sendable (Int64) async throws(FileFault) -> Void
    ) async throws(FileFault) -> Int64 {
        var granted: Int64 = 0
        if let declared = body.declaredLength {
            try await grant(declared)
            granted = declared
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        guard let file = FileDescriptor(owning: open(path, flags, 0o600)) else {
            throw FileFault(SystemError("create \(path)"), .root)
        }
        var count: Int64 = 0
        var looked: Int64 = 0
        while let bytes = try await next(of: body) {
            count += Int64(bytes.count)
            if count > granted {
                let wanted = max(count - granted, Self.step)
                try await grant(wanted)
                granted += wanted
            } else if count - looked > Self.look {
                try await grant(0)
                looked = count
            }
            do throws(SystemError) { try Files.write(bytes, to: file, path) } catch {
                throw FileFault(error, .root)
            }
        }
        guard fchmod(file.raw, Self.mode) == 0, fsync(file.raw) == 0 else {
            throw FileFault(SystemError("sync \(path)"), .root)
        }
        return count
    }

    private func next(of body: RequestBody) async throws(FileFault) -> [UInt8]? {
        do throws(BodyFault) { return try await body.next() } catch { throw .body(error) }
    }
}
