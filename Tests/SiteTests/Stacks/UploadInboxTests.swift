import Basics
import HTTP
import LinesideTesting
import Site
import Testing

@Suite("Upload inbox") struct UploadInboxTests {
    @Test(
        "An upload above the limit is refused and leaves nothing, whether it says its size or not")
    func limit() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/uploads"
        let inbox = UploadInbox(directory: path, limit: ByteCount(10))
        try await inbox.prepare()
        let file = try await inbox.take(RequestBody([UInt8](repeating: 1, count: 10)))
        #expect(try Files.read(file.path).count == 10)
        file.discard()
        let refused = UploadInbox.Fault.body(.tooLarge(limit: ByteCount(10)))
        await #expect(throws: refused) {
            _ = try await inbox.take(RequestBody([UInt8](repeating: 1, count: 11)))
        }
        let chunked = RequestBody(framing: .chunked)
        _ = chunked.deliver([UInt8](repeating: 1, count: 11))
        chunked.finish()
        await #expect(throws: refused) { _ = try await inbox.take(chunked) }
        #expect(try Files.list(path) == [])
    }

    @Test("What would take the last of the disk is refused as a full disk, and leaves nothing")
    func reserve() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/uploads"
        let inbox = UploadInbox(
            directory: path, limit: .mebibytes(1), reserve: ByteCount(Int(Int64.max)))
        try await inbox.prepare()
        await #expect {
            _ = try await inbox.take(RequestBody([1, 2, 3]))
        } throws: { error in
            guard case UploadInbox.Fault.file(let fault)? = error as? UploadInbox.Fault else {
                return false
            }
            return fault.isFull
        }
        #expect(try Files.list(path) == [])
    }
}
