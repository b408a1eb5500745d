import Basics
package import HTTP
import Site

/// The platform's page, out of the executable. Its own router takes over in the browser, so every
/// address that is no file gets the same `index.html`.
package struct WebUI: Sendable {
    private let files: StaticFiles
    /// What the page calls its own build; empty where there is no page.
    package let build: String

    package init() {
        self.init(
            EmbeddedFiles.files(under: Self.root + "/").map { file in
                StaticFiles.Asset(
                    path: String(file.path.dropFirst(Self.root.count)),
                    bytes: StaticBytes(file.bytes), digest: file.digest)
            })
    }

    /// - Parameter assets: their paths as a browser asks for them.
    package init(_ assets: [StaticFiles.Asset]) {
        files = StaticFiles(assets)
        let index = assets.first { $0.path == Self.index }?.bytes.buffer
        build = Self.build(
            in: String(decoding: index ?? .init(start: nil, count: 0), as: UTF8.self))
    }

    /// `<meta name="build" content="…">`
    private static func build(in page: String) -> String {
        let parts = page.split(separator: "name=\"build\" content=\"", maxSplits: 1)
        return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : ""
    }

    private static let root = "/web"
    private static let index = "/index.html"

    package func answer(_ request: Request) async -> Response {
        let path = request.target.path
        if let response = files.response(request.head, path: path) { return response }
        // A file that is gone, after an upgrade for instance, must not come back as a page.
        guard !(path.split(separator: "/").last?.contains(".") ?? false) else {
            return .text("There is no such file.\n", status: 404)
        }
        if let response = files.response(request.head, path: Self.index) { return response }
        return .text(
            "This lineside was built without its page: build it with appliance/build.\n",
            status: 503)
    }
}
