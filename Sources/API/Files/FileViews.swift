package import Basics
import Domain
package import Site

/// A name in a files area.
package struct FileItemView: APIView {
    let item: FileItem
    package init(_ item: FileItem) { self.item = item }

    package static var schema: Schema {
        .object(
            "File",
            [
                .field("name", .text), .field("path", .text),
                .field("kind", .words(FileItem.Kind.allCases.map(\.rawValue))),
                .field("size", .integer), .field("modifiedAt", .time),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", item.path.name ?? "")
            json.field("path", item.path.text)
            json.field("kind", item.kind.rawValue)
            json.field("size", item.size)
            json.field("modifiedAt", item.modifiedAt)
        }
    }
}

/// A part of a folder, and how full the whole area is.
package struct FileListView: APIView {
    let listing: FileListing
    let usage: FileUsage
    /// Bytes.
    let quota: Int64
    let next: String?

    package static var schema: Schema {
        .object(
            "FileList",
            [
                .field("items", .list(FileItemView.schema)), .field("count", .integer),
                .field("next", .optional(.text)), .field("used", .integer),
                .field("quota", .integer), .field("unlisted", .integer),
                .field("complete", .boolean),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("items", listing.items.map(FileItemView.init))
            json.field("count", listing.count)
            json.field("next", next)
            json.field("used", usage.bytes)
            json.field("quota", quota)
            json.field("unlisted", listing.unlisted)
            json.field("complete", listing.isComplete && usage.isComplete)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func field(_ name: String, _ items: [FileItemView]) {
        array(name) { json in for item in items { item.write(to: &json) } }
    }
}

package struct NewFolder: APIBody {
    let path: FilePath

    package static var schema: Schema { .object("NewFolder", [.field("path", .text)]) }

    package init(json: JSONObject) throws(JSONFieldError) { path = try json.newPath("path") }
}

package struct MoveFile: APIBody {
    let from: FilePath
    let to: FilePath

    package static var schema: Schema {
        .object("MoveFile", [.field("from", .text), .field("to", .text)])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        from = try json.path("from")
        to = try json.newPath("to")
    }
}

extension JSONObject {
    fileprivate func path(_ name: String) throws(JSONFieldError) -> FilePath {
        let text = try string(name)
        do throws(ValidationFault) { return try FilePath(validating: text) } catch {
            throw JSONFieldError(field: name, reason: error.reason)
        }
    }

    fileprivate func newPath(_ name: String) throws(JSONFieldError) -> FilePath {
        let text = try string(name)
        do throws(ValidationFault) { return try FilePath(new: text) } catch {
            throw JSONFieldError(field: name, reason: error.reason)
        }
    }
}
