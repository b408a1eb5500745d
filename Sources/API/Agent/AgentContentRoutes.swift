import Basics
import Domain
import HTTP
package import Site
import Store

/// What `lineside agent` asks for by its certificate: what it shall be, the contents of that in
/// chunks, and a place for its records. A device sees what its own manifests reach, nothing else.
package struct AgentContentRoutes: Resource {
    private static let digests = ByteCount.kibibytes(64)
    /// Of what devices send of their logs at one moment.
    private static let allowance = ByteCount.mebibytes(32)

    /// In case a device was told of more than its row names yet.
    private let documents: any DesiredDocuments
    private let contents: DeviceContents
    private let records: DeviceRecordKeeper
    private let bodies = BodyAllowance(AgentContentRoutes.allowance)

    package init(
        documents: any DesiredDocuments, contents: DeviceContents, records: DeviceRecordKeeper
    ) {
        self.documents = documents
        self.contents = contents
        self.records = records
    }

    package var routes: [Route] {
        [
            .raw(
                .get, "/api/agent/v1/desired", .device, "What the calling device shall be",
                desired),
            .raw(
                .get, "/api/agent/v1/contents/{digest}", .device,
                "The chunks of a content that the calling device shall have", chunks),
            .raw(
                .post, "/api/agent/v1/chunks", .device,
                "Chunks: for each its digest, its length in four bytes, and its file", files),
            .raw(
                .post, "/api/agent/v1/records", .device,
                "Keep log records and samples of the calling device", keep),
        ]
    }

    private func device(_ context: RequestContext) throws(Problem) -> Device.ID {
        guard let device = context.caller.device else { throw .unauthenticated }
        return device
    }

    private func desired(_ context: RequestContext) async throws(Problem) -> Response {
        let device = try device(context)
        let document: DesiredDocument?
        do throws(DeviceContentFault) { document = try await documents.document(for: device) } catch
        { throw Problem(error) }
        guard let document else { throw .notFound("What this device shall be") }
        return .json(document)
    }

    private func chunks(_ context: RequestContext) async throws(Problem) -> Response {
        let device = try device(context)
        guard let content = ContentAddress(hex: context.parameter("digest")) else {
            throw .notFound("This content")
        }
        return try await reached(device) { (manifest) async throws(DeviceContentFault) in
            .json(try await contents.chunks(of: content, for: device, also: manifest))
        }
    }

    private func files(_ context: RequestContext) async throws(Problem) -> Response {
        let device = try device(context)
        let named = try await context.jsonBody(limit: Self.digests)["digests"]?.array ?? []
        let chunks = named.compactMap { $0.string.flatMap(ContentAddress.init(hex:)) }
        guard chunks.count == named.count, (1...DeviceContents.mostChunks).contains(chunks.count)
        else {
            throw .invalid("digests", "must be 1 to \(DeviceContents.mostChunks) of them")
        }
        let contents = contents
        return try await reached(device) { (manifest) async throws(DeviceContentFault) in
            try await contents.require(chunks, for: device, also: manifest)
            // Whose first chunk is damaged gets a problem rather than half an answer.
            let first = try await contents.frame(of: chunks[0])
            return .stream(
                status: 200, headers: [Header.contentType: "application/octet-stream"],
                length: nil
            ) { writer in
                try await writer.write(first)
                for chunk in chunks.dropFirst() {
                    try await writer.write(try await contents.frame(of: chunk))
                }
            }
        }
    }

    private func keep(_ context: RequestContext) async throws(Problem) -> Response {
        let device = try device(context)
        return try await bodies.collect(
            context.request.body, upTo: ByteCount(DeviceRecords.limit)
        ) { (body) async throws(Problem) -> Response in
            try await context.judgeAgain()
            let next: Int64
            do throws(DeviceRecordKeeper.Fault) {
                next = try await records.keep(body, of: device)
            } catch {
                switch error {
                case .malformed(let sentence): throw .malformed(sentence)
                case .tooMany:
                    var problem = Problem.throttled("This device sends too much: later.")
                    problem.retryAfter = 10
                    throw problem
                case .store(let error): throw Problem(error)
                }
            }
            return .json(JSONObject([("next", .number("\(next)"))]))
        }
    }

    /// What the rows name is asked first: to make a document is work.
    private func reached(
        _ device: Device.ID,
        _ body: (ContentAddress?) async throws(DeviceContentFault) -> Response
    ) async throws(Problem) -> Response {
        do throws(DeviceContentFault) { return try await body(nil) } catch {
            guard error == .notReachable else { throw Problem(error) }
        }
        do throws(DeviceContentFault) {
            let manifest = try await documents.document(for: device)?.snapshot?.manifest
            guard let manifest else { throw .notReachable }
            return try await body(manifest)
        } catch { throw Problem(error) }
    }
}

extension Problem {
    init(_ fault: DeviceContentFault) {
        switch fault {
        case .notReachable: self = .notFound("This content")
        case .store(let error): self.init(error)
        case .vault(.missing), .vault(.damaged):
            self = .busy("A part of it is damaged on the appliance: see its alarms.")
        case .vault(.full): self.init(StoreError.full)
        case .unsteady: self = .busy(fault.description)
        default: self = .conflict(fault.description)
        }
    }
}
