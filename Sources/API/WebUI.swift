package import HTTP
import Site

/// The platform's page, out of the executable. Its own router takes over in the browser, so every
/// address that is no file gets the same `index.html`.
package struct WebUI: Sendable {
    private let files: StaticFiles

    package init() {
        self.init(
            EmbeddedFiles.files(under: Self.root + "/").map { file in
                StaticFiles.Asset(
                    path: String(file.path.dropFirst(Self.root.count)),
                    bytes: StaticBytes(file.bytes), digest: file.digest)
            })
    }

    /// - Parameter assets: their paths as a browser asks for them.
    package init(_ assets: [StaticFiles.Asset]) { files = StaticFiles(assets) }

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
