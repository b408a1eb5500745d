package import Basics

/// As the API and the live socket show it.
extension FlowTestRun: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("instanceId", instanceID)
            json.field("state", state.rawValue)
            json.field("passed", passed)
            json.field("failed", failed)
            json.field("versionId", versionID)
            json.field("versionNumber", versionNumber)
            json.field("startedAt", startedAt)
            json.field("finishedAt", finishedAt)
            json.field("by", by)
            json.field("detail", result.detail)
            json.key("cases")
            json.value(result.cases)
        }
    }
}
