import Basics
import Domain
package import HTTP
package import Site

/// `/npm/`: what npm asks of a registry, read-only, and `/catalogue.json` for the palette manager
/// of an editor. Errors are JSON as npm shows them.
package struct PackageDoor: Sendable {
    private static let root = "/npm/"
    private static let abbreviated = "application/vnd.npm.install-v1+json"

    private let registry: PackageRegistry
    private let callers: any PackageCallers
    private let origins: SiteOrigins
    private let next: Handler

    /// - Parameter next: answers every other address.
    package init(
        registry: PackageRegistry, callers: any PackageCallers, origins: SiteOrigins,
        next: @escaping Handler
    ) {
        self.registry = registry
        self.callers = callers
        self.origins = origins
        self.next = next
    }

    package func answer(_ request: Request) async -> Response {
        let path = request.target.path
        if path == "/catalogue.json" { return await catalogue(request) }
        guard path.hasPrefix(Self.root) else { return await next(request) }
        guard request.method == .get || request.method == .head else {
            return Self.error(
                405, "This registry is read-only.", [Header.allow: "GET, HEAD"])
        }
        let parts = Array(request.target.segments.dropFirst())
        if parts == ["-", "ping"] { return .json(JSONObject()) }
        let reader: PackageReader?
        do throws(Problem) { reader = try await callers.reader(of: request) } catch {
            return Self.refusal(error)
        }
        guard let reader else { return Self.refusal(.unauthenticated) }
        guard let called = origins.authority(host: request.headers[Header.host], on: .platform)
        else { return Self.missing }
        return await answer(request, parts, reader, "\(called.httpsOrigin)/npm")
    }

    private func answer(
        _ request: Request, _ parts: [String], _ reader: PackageReader, _ base: String
    ) async -> Response {
        switch parts.first {
        case nil, "": return .json(JSONObject([("db_name", .string("registry"))]))
        case "-": return await answerService(request, Array(parts.dropFirst()), reader)
        default: break
        }
        guard let (name, rest) = Self.name(in: parts[...]) else { return Self.missing }
        switch rest.count {
        case 0:
            let isShort = request.headers[Header.accept]?.contains(Self.abbreviated) ?? false
            let document = await registry.document(
                of: name, isShort ? .abbreviated : .full, for: reader, registry: base)
            return Self.answer(
                document, to: request, type: isShort ? Self.abbreviated : "application/json")
        case 1:
            let document = await registry.document(
                of: name, version: rest[rest.startIndex], for: reader, registry: base)
            return Self.answer(document, to: request)
        case 2 where rest[rest.startIndex] == "-":
            let archive = await registry.archive(
                rest[rest.startIndex + 1], of: name, for: reader)
            return archive.map { Self.answer($0, to: request) } ?? Self.missing
        default: return Self.missing
        }
    }

    /// What lies below `/npm/-/`.
    private func answerService(
        _ request: Request, _ parts: [String], _ reader: PackageReader
    ) async -> Response {
        switch parts.first {
        case "v1" where parts.count == 2 && parts[1] == "search":
            func number(_ name: String) -> Int? { request.target.first(name).flatMap { Int($0) } }
            return Self.answer(
                await registry.search(
                    request.target.first("text") ?? "", size: number("size") ?? 20,
                    from: number("from") ?? 0, for: reader), to: request)
        case "package" where parts.last == "dist-tags":
            guard let (name, rest) = Self.name(in: parts.dropFirst()), rest.count == 1 else {
                return Self.missing
            }
            return Self.answer(await registry.tags(of: name, for: reader), to: request)
        default: return Self.missing
        }
    }

    private func catalogue(_ request: Request) async -> Response {
        guard request.method == .get || request.method == .head else {
            return Self.error(405, "This catalogue is only read.", [Header.allow: "GET, HEAD"])
        }
        // Editors of devices ask for it from another origin and without a login; it names what the
        // stacks hold and nothing else.
        return Self.answer(
            await registry.catalogue(), to: request, headers: ["access-control-allow-origin": "*"])
    }

    /// `@scope/name` in one part or in two.
    private static func name(
        in parts: ArraySlice<String>
    ) -> (PackageName, ArraySlice<String>)? {
        guard let first = parts.first else { return nil }
        if first.hasPrefix("@"), !first.contains("/") {
            guard parts.count > 1 else { return nil }
            let name = PackageName("\(first)/\(parts[parts.startIndex + 1])")
            return name.map { ($0, parts.dropFirst(2)) }
        }
        return PackageName(first).map { ($0, parts.dropFirst()) }
    }

    // MARK: Answers

    private static func answer(
        _ document: PackageRegistry.Document?, to request: Request,
        type: String = "application/json", headers: Headers = Headers()
    ) -> Response {
        guard let document else { return missing }
        var headers = headers
        headers.add(Header.etag, document.etag)
        headers.add(Header.cacheControl, "no-cache")
        headers.add(Header.vary, "Accept, Authorization")
        switch Preconditions.decide(
            request.head, etag: document.etag, size: document.bytes.count)
        {
        case .notModified: return .empty(304, headers: headers)
        case .failed: return .empty(412, headers: headers)
        default: return .bytes(document.bytes, type: type, headers: headers)
        }
    }

    private static func answer(_ archive: PackageArchive, to request: Request) -> Response {
        let headers: Headers = [
            Header.etag: archive.etag, Header.cacheControl: "no-cache",
            Header.contentType: "application/octet-stream",
        ]
        switch Preconditions.decide(request.head, etag: archive.etag, size: archive.length) {
        case .notModified: return .empty(304, headers: headers)
        case .failed: return .empty(412, headers: headers)
        default: break
        }
        return .stream(status: 200, headers: headers, length: Int64(archive.length)) { writer in
            while let piece = try await archive.next() { try await writer.write(piece) }
        }
    }

    private static var missing: Response {
        error(404, "This appliance has no such package.")
    }

    private static func refusal(_ problem: Problem) -> Response {
        var headers = Headers()
        if problem.status == 401 { headers.add(Header.wwwAuthenticate, "Bearer") }
        let sentence =
            problem.status == 401
            ? "Packages are for devices and people of this site: set _authToken in .npmrc."
            : problem.detail ?? problem.title
        return error(problem.status, sentence, headers)
    }

    private static func error(
        _ status: Int, _ sentence: String, _ headers: Headers = Headers()
    ) -> Response {
        .json(JSONObject([("error", .string(sentence))]), status: status, headers: headers)
    }
}
