import { download, query } from "../api/client.ts";
import type { Instance, Version, VersionFile } from "../api/types.ts";
import { asError, useList } from "../api/use.ts";
import { bytes } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { Dialog } from "../ui/dialog.tsx";
import { problemText } from "../ui/problem.tsx";
import { Await } from "../ui/states.tsx";
import { Shape } from "../ui/status.tsx";
import { Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";

/** The files that belong to a version, each to be fetched alone; what could not be kept says why. */
export function VersionFiles(
  { instance, version, onClose }: { instance: Instance; version: Version; onClose: () => void },
) {
  const path = `instances/${instance.id}/versions/${version.id}/files`;
  const list = useList<VersionFile>(path);
  const fetchOne = (file: VersionFile) => {
    const name = file.path.slice(file.path.lastIndexOf("/") + 1);
    download(query(`${path}/content`, { path: file.path }), name)
      .catch((e) => toast(problemText(asError(e))));
  };
  return (
    <Dialog wide title={t("versionFiles.title", { n: version.number })} onClose={onClose}>
      <Await of={list}>
        {(files) => {
          const lost = files.filter((f) => !f.kept).length;
          return (
            <>
              {lost
                ? (
                  <p className="detail is-warning">
                    <Shape severity="warning" />
                    {tn("versionFiles.notKept", lost)}
                  </p>
                )
                : null}
              <Table
                label={t("versionFiles.title", { n: version.number })}
                rows={files}
                id={(f) => f.path}
                sortName="file"
                columns={[
                  {
                    key: "path",
                    title: t("name"),
                    sort: (f) => f.path,
                    cell: (f) =>
                      f.kept
                        ? (
                          <button type="button" className="link" onClick={() => fetchOne(f)}>
                            {f.path}
                          </button>
                        )
                        : (
                          <>
                            {f.path} <span className="muted small">{f.reason}</span>
                          </>
                        ),
                  },
                  {
                    key: "size",
                    title: t("size"),
                    numeric: true,
                    sort: (f) => f.size,
                    cell: (f) => bytes(f.size),
                  },
                  {
                    key: "modified",
                    title: t("files.modified"),
                    extra: true,
                    sort: (f) => f.modifiedAt,
                    cell: (f) => <Time at={f.modifiedAt} />,
                  },
                ]}
              />
            </>
          );
        }}
      </Await>
    </Dialog>
  );
}
