//! Whole files from and to a bucket, large ones in parts.

use super::BucketError;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::{
    GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, WriteMultipart, path::Path,
};
use std::{fs::File, io::Read, os::unix::fs::FileExt, sync::Arc};

/// Bytes of a part. S3 takes no smaller ones than 5 MiB, and no more than 10,000 of them.
const PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 10_000;
/// Parts on their way at a time.
const PARTS: usize = 4;

/// When an object was put in.
pub fn modified(object: &ObjectMeta) -> Timestamp {
    Timestamp::from_second(object.last_modified.timestamp()).unwrap_or_default()
}

/// Writes the object into an empty file and tells its length. The first request brings the first part and the length.
pub async fn fetch(objects: Arc<dyn ObjectStore>, path: Path, into: File) -> Result<u64, BucketError> {
    let first = objects.get_opts(&path, GetOptions::new().with_range(Some(0..PART))).await?;
    let length = first.meta.size;
    write(&into, 0, &first.bytes().await?)?;
    let starts = (PART..length).step_by(PART as usize);
    let rest = stream::iter(starts).map(|start| {
        let (objects, path) = (&objects, &path);
        async move { Ok((start, objects.get_range(path, start..length.min(start + PART)).await?)) }
    });
    let write = |(start, bytes): (u64, Bytes)| std::future::ready(write(&into, start, &bytes));
    rest.buffer_unordered(PARTS).try_for_each(write).await?;
    Ok(length)
}

fn write(file: &File, at: u64, bytes: &[u8]) -> Result<(), BucketError> {
    file.write_all_at(bytes, at).map_err(BucketError::File)
}

/// Puts the file in as an object, unless it has been there since `fresh`; tells how many bytes were sent.
pub async fn send(
    objects: Arc<dyn ObjectStore>,
    path: Path,
    mut file: File,
    fresh: Timestamp,
) -> Result<u64, BucketError> {
    let length = file.metadata().map_err(BucketError::File)?.len();
    let mode = match objects.head(&path).await {
        Ok(there) if there.size == length && modified(&there) >= fresh => return Ok(0),
        Ok(_) => PutMode::Overwrite,
        Err(object_store::Error::NotFound { .. }) => PutMode::Create,
        Err(error) => return Err(error.into()),
    };
    if length > PART {
        send_parts(&*objects, &path, &mut file, length).await?;
        return Ok(length);
    }
    let mut content = Vec::with_capacity(length as usize);
    file.read_to_end(&mut content).map_err(BucketError::File)?;
    match objects.put_opts(&path, content.into(), PutOptions { mode, ..PutOptions::default() }).await {
        // By somebody else, meanwhile: the name says what it holds.
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(length),
        Err(error) => Err(error.into()),
    }
}

/// Nothing is there before all parts are; what was sent in vain is given up.
async fn send_parts(
    objects: &dyn ObjectStore,
    path: &Path,
    file: &mut File,
    length: u64,
) -> Result<(), BucketError> {
    let part = PART.max(length.div_ceil(MOST_PARTS)) as usize;
    let mut upload = WriteMultipart::new_with_chunk_size(objects.put_multipart(path).await?, part);
    loop {
        let mut content = Vec::with_capacity(part);
        let read = file.by_ref().take(part as u64).read_to_end(&mut content);
        let sent = match read {
            Ok(0) => break,
            Ok(_) => upload.wait_for_capacity(PARTS).await.map_err(BucketError::from),
            Err(error) => Err(BucketError::File(error)),
        };
        if let Err(error) = sent {
            // It goes with the bucket's own rule for unfinished ones.
            let _given_up = upload.abort().await;
            return Err(error);
        }
        upload.put(content.into());
    }
    upload.finish().await?;
    Ok(())
}
