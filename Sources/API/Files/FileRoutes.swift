import Basics
import Domain
import HTTP
package import Site
package import Store

/// The files area of an instance: what its flows read and write, for people.
package struct FileRoutes: Resource {
    private let files: FilesKeeper
    private let instances: InstanceStore

    package init(files: FilesKeeper, instances: InstanceStore) {
        self.files = files
        self.instances = instances
    }

    package var routes: [Route] {
        let area = "/api/v1/instances/{instance}/files"
        return [
            Route(
                .get, area, .needs(.filesRead), "List a folder of the files area",
                query: ["path", "limit", "cursor", "query"], list),
            .raw(
                .get, "\(area)/content", .needs(.filesRead), "Download a file; takes Range",
                query: ["path"], download),
            .raw(
                .put, "\(area)/content", .needs(.filesEdit),
                "Upload a file: the body is its content. If-None-Match: * replaces none",
                query: ["path"], upload),
            Route(
                .delete, "\(area)/content", .needs(.filesEdit),
                "Remove a file, or a folder with all that is in it", query: ["path"], remove),
            Route(
                .post, "\(area)/folders", .needs(.filesEdit),
                "Make a folder, and what is missing above it", makeFolder),
            Route(.post, "\(area)/move", .needs(.filesEdit), "Move or rename", move),
        ]
    }

    private func list(_ context: RequestContext) async throws(Problem) -> Found<FileListView> {
        let instance = try await instance(context)
        let path = try path(context)
        let request = try context.page()
        do throws(FileFault) {
            let listing = try await files.list(path, of: instance.id, request)
            return Found(
                FileListView(
                    listing: listing, usage: await files.usage(of: instance.id),
                    quota: Int64(instance.settings.filesQuotaMB) << 20,
                    next: listing.next.map { Cursor($0).text }))
        } catch { throw Problem(error) }
    }

    /// Always as a download and as bytes: on this origin nothing of a stranger's is ever shown.
    private func download(_ context: RequestContext) async throws(Problem) -> Response {
        let instance = try await instance(context)
        let path = try path(context)
        do throws(FileFault) {
            let file = try await files.open(path, of: instance.id)
            return FileAnswer.response(
                to: context.request.head, file,
                [
                    Header.contentType: "application/octet-stream",
                    Header.contentDisposition: FileAnswer.attachment(path.name ?? ""),
                ])
        } catch { throw Problem(error) }
    }

    private func upload(_ context: RequestContext) async throws(Problem) -> Response {
        let instance = try await instance(context)
        let text = context.query("path") ?? ""
        let path = try valid("path") { () throws(ValidationFault) in try FilePath(new: text) }
        let headers = context.request.headers
        var condition = FilesKeeper.Condition.always
        if headers[Header.ifNoneMatch] == "*" {
            condition = .new
        } else if let etag = headers[Header.ifMatch] {
            condition = .matching(etag: etag)
        }
        do throws(FileFault) {
            let (item, isNew) = try await files.upload(
                context.request.body, to: path, of: instance, condition, by: context.actor)
            return .json(
                FileItemView(item), status: isNew ? 201 : 200, headers: [Header.etag: item.etag])
        } catch { throw Problem(error) }
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let instance = try await instance(context)
        let path = try path(context)
        guard !path.isRoot else { throw .invalid("path", "must name a file or a folder") }
        do throws(FileFault) {
            try await files.remove(path, of: instance, by: context.actor)
        } catch { throw Problem(error) }
        return Done()
    }

    private func makeFolder(
        _ body: NewFolder, _ context: RequestContext
    ) async throws(Problem) -> Created<FileItemView> {
        let instance = try await instance(context)
        do throws(FileFault) {
            let item = try await files.makeFolder(body.path, of: instance, by: context.actor)
            let place = PercentCoding.encode(body.path.text)
            return Created(
                FileItemView(item), at: "/api/v1/instances/\(instance.id)/files?path=\(place)")
        } catch { throw Problem(error) }
    }

    private func move(
        _ body: MoveFile, _ context: RequestContext
    ) async throws(Problem) -> Found<FileItemView> {
        let instance = try await instance(context)
        do throws(FileFault) {
            return Found(
                FileItemView(
                    try await files.move(
                        body.from, to: body.to, of: instance, by: context.actor)))
        } catch { throw Problem(error) }
    }

    /// `path` of the query; none is the area itself.
    private func path(_ context: RequestContext) throws(Problem) -> FilePath {
        let text = context.query("path") ?? ""
        return try valid("path") { () throws(ValidationFault) in try FilePath(validating: text) }
    }

    private func instance(_ context: RequestContext) async throws(Problem) -> Instance {
        let id: Instance.ID = try context.id("instance")
        return try await stored { () async throws(StoreError) in try await instances.get(id) }
    }
}
