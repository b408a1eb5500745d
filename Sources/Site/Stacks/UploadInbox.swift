package import Basics
import Glibc
package import HTTP

/// Takes uploads that are too large for memory into files. What a kill leaves is removed at start.
package actor UploadInbox {
    package enum Fault: Error, Sendable, Equatable {
        case body(BodyFault)
        case file(SystemError)
    }

    /// An upload that arrived whole.
    package struct File: Sendable {
        package let path: String
        package func discard() { unlink(path) }
    }

    private let directory: String
    private let limit: ByteCount
    private let reserve: ByteCount?
    private let executor = BlockingExecutor(label: "uploads")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - limit: of one upload.
    ///   - reserve: of the disk that uploads leave free, so that deploys find room beside them;
    ///     `nil`: 512 MB or a twentieth of it, whichever is less.
    package init(directory: String, limit: ByteCount, reserve: ByteCount? = nil) {
        self.directory = directory
        self.limit = limit
        self.reserve = reserve
    }

    /// Once, before the first upload.
    package func prepare() throws(SystemError) {
        try Files.removeTree(directory)
        try Files.makeDirectory(directory)
    }

    package func take(_ body: RequestBody) async throws(Fault) -> File {
        if let declared = body.declaredLength, declared > limit.bytes {
            throw .body(.tooLarge(limit: limit))
        }
        let name = Randomness.text(count: 16, from: .lowercaseAlphanumerics)
        let path = "\(directory)/\(name)"
        do throws(Fault) {
            try await write(body, to: path)
        } catch {
            unlink(path)
            throw error
        }
        return File(path: path)
    }

    private func write(_ body: RequestBody, to path: String) async throws(Fault) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        guard let file = FileDescriptor(owning: open(path, flags, 0o600)) else {
            throw .file(SystemError("create \(path)"))
        }
        try requireRoom(for: Int(body.declaredLength ?? 0))
        var (count, looked) = (0, 0)
        while let bytes = try await next(of: body) {
            count += bytes.count
            guard count <= limit.bytes else { throw .body(.tooLarge(limit: limit)) }
            // Others upload meanwhile: every 8 MB.
            if count - looked > 8 << 20 {
                looked = count
                try requireRoom(for: bytes.count)
            }
            do throws(SystemError) { try Files.write(bytes, to: file, path) } catch {
                throw .file(error)
            }
        }
    }

    private func requireRoom(for size: Int) throws(Fault) {
        guard let space = SiteWatch.space(of: directory) else { return }
        let kept = reserve?.bytes ?? min(512 << 20, space.total.bytes / 20)
        guard size <= space.free.bytes - kept else {
            throw .file(SystemError("take an upload", code: ENOSPC))
        }
    }

    private func next(of body: RequestBody) async throws(Fault) -> [UInt8]? {
        do throws(BodyFault) { return try await body.next() } catch { throw .body(error) }
    }
}
