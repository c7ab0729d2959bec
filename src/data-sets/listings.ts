/**
 * @file List the files of a data service (Hugging Face Hub, Open Science Framework) with addresses, sizes and checksums, so
 * that the first download can be verified.
 */

import { brief } from "../util/check";
import { type CatalogueFile, type CatalogueListing, isInside, matchedPath } from "./catalogue";
import { type DownloadRequest, fetchJson } from "./download";

type Connection = Pick<DownloadRequest, "token" | "stallMs" | "attempts" | "pauseMs">;

const MAX_PAGES = 200;

/**
 * The files of a listing that match, as catalogue entries.
 *
 * @param rewrite - replaces the service's address by a mirror's
 * @throws Error listing the service's files if nothing matches
 */
export async function resolveListing(
  listing: CatalogueListing,
  rewrite: (url: string) => string,
  connection: Connection,
): Promise<CatalogueFile[]> {
  const listed =
    listing.service === "osf"
      ? await listOsf(listing, rewrite, connection)
      : await listHub(listing, rewrite, connection);
  const files: CatalogueFile[] = [];
  for (const { path, url, bytes, sha256 } of listed) {
    const target = matchedPath(listing.match, listing.to, path);
    if (target === null) continue;
    if (!isInside(target))
      throw new Error(
        `${listing.service} ${listing.id}: lists the path ${brief(path, 200)}, which would leave the folder; import the files instead`,
      );
    files.push({ path: target, urls: [url], bytes, sha256, ...(listing.unpack ? { unpack: listing.unpack } : {}) });
  }
  if (files.length === 0) {
    const names = listed.map(({ path }) => path).sort();
    const shown = names.slice(0, 12).join(", ");
    throw new Error(
      `${listing.service} ${listing.id}: no file matches ${listing.match}; it lists ${shown}${names.length > 12 ? ", ..." : ""}; correct data/sources.json`,
    );
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Listed {
  path: string;
  url: string;
  bytes: number | null;
  sha256: string | null;
}

/** `GET /api/datasets/<id>/tree/<revision>?recursive=true`; further pages by the Link header. */
async function listHub(
  { service, id, revision = "main" }: CatalogueListing,
  rewrite: (url: string) => string,
  connection: Connection,
): Promise<Listed[]> {
  const kind = service === "hugging-face-dataset" ? "datasets" : "models";
  const prefix = service === "hugging-face-dataset" ? "datasets/" : "";
  const files: Listed[] = [];
  let next: string | null =
    `https://huggingface.co/api/${kind}/${id}/tree/${encodeURIComponent(revision)}?recursive=true`;
  for (let page = 0; next !== null; page++) {
    if (page === MAX_PAGES)
      throw new Error(`${service} ${id}: more than ${MAX_PAGES} pages of files; import them instead`);
    const { value, link } = await fetchJson(rewrite(next), connection);
    for (const entry of asList(value, `${service} ${id}`)) {
      const { type, path, size, lfs } = (entry ?? {}) as {
        type?: string;
        path?: string;
        size?: number;
        lfs?: { oid?: string; size?: number };
      };
      if (type !== "file" || typeof path !== "string") continue;
      const escaped = path.split("/").map(encodeURIComponent).join("/");
      files.push({
        path,
        url: rewrite(`https://huggingface.co/${prefix}${id}/resolve/${encodeURIComponent(revision)}/${escaped}`),
        bytes: sizeOrNull(lfs?.size ?? size),
        sha256: sumOrNull(lfs?.oid), // for a small file, oid is git's SHA-1, not a checksum that we use
      });
    }
    next = /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1] ?? null;
  }
  return files;
}

/** `GET /v2/nodes/<id>/files/osfstorage/`, folder by folder, page by page. */
async function listOsf(
  { id }: CatalogueListing,
  rewrite: (url: string) => string,
  connection: Connection,
): Promise<Listed[]> {
  const files: Listed[] = [];
  const open = [{ prefix: "", url: `https://api.osf.io/v2/nodes/${id}/files/osfstorage/?page%5Bsize%5D=100` }];
  for (let page = 0; open.length > 0; page++) {
    if (page === MAX_PAGES) throw new Error(`osf ${id}: more than ${MAX_PAGES} pages of files; import them instead`);
    const { prefix, url } = open.shift() as { prefix: string; url: string };
    const { value } = await fetchJson(rewrite(url), connection);
    const { data, links } = (value ?? {}) as { data?: unknown; links?: { next?: string | null } };
    for (const entry of asList(data, `osf ${id}`)) {
      const { attributes, links: own, relationships } = (entry ?? {}) as OsfEntry;
      const name = attributes?.name;
      if (typeof name !== "string") continue;
      if (attributes?.kind === "folder") {
        const href = relationships?.files?.links?.related?.href;
        if (typeof href === "string") open.push({ prefix: `${prefix}${name}/`, url: href });
      } else if (typeof own?.download === "string") {
        files.push({
          path: prefix + name,
          url: rewrite(own.download),
          bytes: sizeOrNull(attributes?.size),
          sha256: sumOrNull(attributes?.extra?.hashes?.sha256),
        });
      }
    }
    if (typeof links?.next === "string") open.push({ prefix, url: links.next });
  }
  return files;
}

interface OsfEntry {
  attributes?: { name?: string; kind?: string; size?: number; extra?: { hashes?: { sha256?: string } } };
  links?: { download?: string };
  relationships?: { files?: { links?: { related?: { href?: string } } } };
}

function asList(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value))
    throw new Error(
      `${what}: want a list of files, got ${brief(value)}; is this the service, or a page of a proxy? Try again, or import the files`,
    );
  return value;
}

function sizeOrNull(size: unknown): number | null {
  return typeof size === "number" && Number.isSafeInteger(size) && size >= 0 ? size : null;
}

function sumOrNull(sum: unknown): string | null {
  return typeof sum === "string" && /^[0-9a-f]{64}$/.test(sum) ? sum : null;
}
